PYTHON ?= python

# The systems that build offline, from the packaged tables; all others need `placemap data update`.
PACKAGED = bnssg lancashire-and-south-cumbria norfolk-and-waveney
REFERENCE ?= ../shared/reference
TO ?= data

.PHONY: check lint types imports test docs golden bench data

check: lint types imports test

lint:
	$(PYTHON) -m ruff check .

types:
	$(PYTHON) -m mypy

# Imports point down: the contracts stand in pyproject.toml.
imports:
	lint-imports

# The tests of the documentation are among them.
test:
	$(PYTHON) -m pytest

docs:
	$(PYTHON) docs/refresh.py

# The packaged tables, from official files.
data:
	$(PYTHON) -m placemap data import $(REFERENCE) $(PACKAGED:%=--configs configs/%.yaml) --to $(TO)

golden:
	$(PYTHON) -m pytest tests/golden tests/functional --update-golden
	rm -rf build/golden
	$(PYTHON) -m placemap build bnssg --data data --out build/golden
	cd build/golden && find . -type f | LC_ALL=C sort | xargs sha256sum > ../../tests/golden/bnssg.sha256

bench:
	$(PYTHON) bench/run.py
