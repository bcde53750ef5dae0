# The demonstration world, included by the Makefile. STATE=, LDAP_PORT=,
# LDAPS_PORT=, PORTAL_PORT= and PKI_PORT= override var/, 3890, 6360, 8443 and 8880; PLAIN=1 shows the same directory
# without Chancery, for comparison.

.PHONY: run up down fresh
export STATE LDAP_PORT LDAPS_PORT PORTAL_PORT PKI_PORT

WORLD := $(PYTHON) demo/world.py
world-ready = if [ -x packaging/needs ]; then packaging/needs build run; fi \
	$(if $(PLAIN),,&& $(MAKE) --no-print-directory all)

run: ## the demonstration world, until Ctrl-C
	@$(world-ready)
	@$(WORLD) run $(if $(PLAIN),--no-overlay)

up: ## the demonstration world, in the background
	@$(world-ready)
	@$(WORLD) up $(if $(PLAIN),--no-overlay)

down: ## end what make up began
	@$(WORLD) down

fresh: ## remove the demonstration world; the next start makes a new one
	@$(WORLD) fresh
