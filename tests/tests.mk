.PHONY: none
