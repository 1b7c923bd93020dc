"""The official tables in use: store, vintages, everything by LSOA of 2021."""
