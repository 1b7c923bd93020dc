"""Tables, readme and folder of a build; maps, reports and FOI packs. Writes what people take in hand."""
