# make demo    the whole archive with real radiographs; ONCE=1 stops after the contact sheet
# make test    everything that must hold: make check, then all tests (what .ci/run calls)
# make check   formatting, lints, types, the import rule, translations
# make crash-long   the long campaign: kill -9 at every single step, and at random moments, hundreds of times
# make hostile      every ill file at hand opened in the viewer
# make contact-sheet   every radiograph at hand in the viewer, and as the server renders it, on sheets in build/contact
# make fuzz    every property and state machine with EFFORT=50 times the examples of a usual run
# make bench   every promise of speed beside Orthanc; ONLY="store query" chooses, ROUNDS=5
# make serve   the archive on ./data, on loopback
# Each does its own set-up. As root it installs missing system packages, else it names them.

.PHONY: demo test crash-long hostile contact-sheet fuzz check bench serve setup clean
PYTHON := .venv/bin/python
ROUNDS ?= 5
EFFORT ?= 50
DATA ?= data
PROPERTIES := tests/contract/test_blob_store.py tests/contract/test_catalog_find.py tests/contract/test_catalog_machine.py \
	tests/hostile/test_pdu_bytes.py tests/unit/dicom/test_header.py tests/unit/dicom/test_metadata.py tests/unit/dicom/test_walker.py
export PATH := $(PATH):/usr/sbin:/sbin

demo:
	@tools/setup demo
	@$(PYTHON) tools/demo.py $(if $(ONCE),--once)

test:
	@tools/setup test  # first, so that a package that is missing is named before the checks, not after them
	@$(MAKE) --no-print-directory check
	RADIOTHEQUE_ALL_PEERS=1 $(PYTHON) -m pytest -m "not slow" -n 2 --dist loadfile $(PYTEST)

crash-long:
	@tools/setup test
	$(PYTHON) -m pytest -m slow --durations=0 tests/crash $(PYTEST)

hostile:
	@tools/setup test
	$(PYTHON) -m pytest -m slow tests/browser/test_ill_files.py $(PYTEST)

contact-sheet:
	@tools/setup test
	PYTHONPATH=tests:. $(PYTHON) -m browser.contact_sheet

fuzz:
	@tools/setup test
	RADIOTHEQUE_EFFORT=$(EFFORT) $(PYTHON) -m pytest --timeout 14400 --durations=20 $(PROPERTIES) $(PYTEST)

check:
	@tools/setup demo
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/deptry src
	$(PYTHON) -m tools.lints
	$(PYTHON) -m tools.messages check
	$(PYTHON) -m tools.frontend check

bench:
	@tools/setup bench
	$(PYTHON) -m benchmarks --rounds $(ROUNDS) $(ONLY)

serve:
	@tools/setup demo
	.venv/bin/radiotheque serve --data $(DATA)

clean:
	rm -rf build .mypy_cache .ruff_cache .pytest_cache .hypothesis
