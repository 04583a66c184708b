.PHONY: setup demo test check bench
setup demo test check bench:
	@python3 manage.py $@
