# Chancery: `make run` shows it, `make test` proves it. `make help` lists the rest.

# V=1 shows the compiler's command lines.
Q := $(if $(V),,@)

.DEFAULT_GOAL := all
SHELL  := /bin/bash
BUILD  ?= build
CC     ?= gcc
PYTHON := /usr/bin/python3

# --- flags -------------------------------------------------------------------
WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wwrite-strings -Wvla -Wundef -Wformat=2 -Wimplicit-fallthrough
HARDEN := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection \
	-fcf-protection
OPT    ?= -O2 -g
# SAN=1: AddressSanitizer and UndefinedBehaviorSanitizer, in its own folder.
ifeq ($(SAN),1)
OPT    := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=undefined
HARDEN := -fstack-protector-strong
# Sanitizers confuse the compiler's own analysis; the plain build is the strict one.
WARN   += -Wno-error
BUILD  := build/asan
endif
ifeq ($(COVERAGE),1)
OPT    := -O0 -g --coverage
HARDEN :=
BUILD  := build/coverage
endif
CFLAGS_ALL  = -std=gnu17 $(OPT) $(HARDEN) $(WARN) -fPIC -fvisibility=hidden \
	-D_GNU_SOURCE -I. $(CFLAGS)
LDFLAGS_ALL = $(OPT) -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS)

# --- what there is -----------------------------------------------------------
obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
CORE_OBJ      := $(call obj,$(wildcard core/*.c))
CRYPTO_OBJ    := $(call obj,$(wildcard crypto/*.c))
DIRECTORY_OBJ := $(call obj,$(wildcard directory/*.c))
CLI_OBJ       := $(call obj,$(wildcard cli/*.c))
ENROLL_OBJ    := $(call obj,$(wildcard enroll/*.c))
# Each program of enrollment: its main.c, and the rest as a library that tests use too.
PROGRAMS      := signer clerk examine portal
program-obj    = $(call obj,$(filter-out %/main.c,$(wildcard enroll/$(1)/*.c)))
MAINS         := $(wildcard $(PROGRAMS:%=enroll/%/main.c))
OVERLAY_OBJ   := $(call obj,$(wildcard overlay/*.c))
UNIT_TESTS    := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test_*.c))
TEST_TOOLS    := $(patsubst tests/tool/%.c,$(BUILD)/tests/tool/%,$(wildcard tests/tool/*.c))
FUZZERS       := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))

# Keep what was built on the way to a test.
.SECONDARY:

.PHONY: all
all: overlay cli programs locale ## overlay, command and programs, as plain make builds them

-include $(shell find $(BUILD)/obj $(BUILD)/tests -name '*.d' 2>/dev/null)

# The overlay's objects alone see slapd's headers, and slapd's types have their ways.
SLAPD_TYPES := -Wno-undef -Wno-strict-prototypes -Wno-missing-braces -Wno-missing-field-initializers
$(BUILD)/obj/overlay/%.o: overlay/%.c $(BUILD)/slapd-headers.mk
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) $(SLAPD_TYPES) -MMD -MP $(SLAPD_CPPFLAGS) -c -o $@ $<

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  $(if $(filter %.o,$@),CC,LD) $@"
	$(Q)$(CC) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(BUILD)/libcore.a: $(CORE_OBJ)
	@rm -f $@; ar rcs $@ $^
$(BUILD)/libcrypto-chancery.a: $(CRYPTO_OBJ)
	@rm -f $@; ar rcs $@ $^
$(BUILD)/libdirectory.a: $(DIRECTORY_OBJ)
	@rm -f $@; ar rcs $@ $^
$(BUILD)/libenroll.a: $(ENROLL_OBJ)
	@rm -f $@; ar rcs $@ $^
define program-lib
$(BUILD)/lib$(1).a: $(call program-obj,$(1))
	@rm -f $$@; ar rcs $$@ $$^
endef
$(foreach p,$(PROGRAMS),$(eval $(call program-lib,$(p))))

# --- the overlay -------------------------------------------------------------
# packaging/slapd-headers prepares the headers of exactly the installed slapd
# and writes where they are, as SLAPD_CPPFLAGS, into a file included here.
# OPENLDAP_SRC=DIR takes a configured source tree instead.
$(BUILD)/slapd-headers.mk: packaging/slapd-headers
	packaging/slapd-headers $@ "$(OPENLDAP_SRC)"
ifneq ($(filter overlay all asan-overlay $(BUILD)/overlay/chancery.so,$(or $(MAKECMDGOALS),all)),)
-include $(BUILD)/slapd-headers.mk
endif

.PHONY: overlay
overlay: $(BUILD)/overlay/chancery.so ## the module for slapd alone
$(BUILD)/overlay/chancery.so: $(OVERLAY_OBJ) $(BUILD)/libcore.a
	@mkdir -p $(@D)
	@echo "  $(if $(filter %.o,$@),CC,LD) $@"
	$(Q)$(CC) -shared $(LDFLAGS_ALL) -Wl,-soname,chancery.so -Wl,--exclude-libs,ALL -o $@ \
	    $(OVERLAY_OBJ) $(BUILD)/libcore.a -lldap -llber

# --- the command -------------------------------------------------------------
.PHONY: cli
cli: $(if $(CLI_OBJ),$(BUILD)/bin/chancery)
$(BUILD)/bin/chancery: $(CLI_OBJ) $(BUILD)/libenroll.a $(BUILD)/libdirectory.a $(BUILD)/libcrypto-chancery.a $(BUILD)/libcore.a
	@mkdir -p $(@D)
	@echo "  $(if $(filter %.o,$@),CC,LD) $@"
	$(Q)$(CC) -pie $(LDFLAGS_ALL) -pthread -o $@ $^ -lldap -llber -ljansson -lcrypto

# --- enrollment's programs ---------------------------------------------------
# What each is linked with says what it can do: --as-needed leaves out the rest.
LIBS_signer  := -lcrypto -lzip -lseccomp -ljansson
LIBS_clerk   := -lldap -llber -lcurl -lgmime-3.0 -lgobject-2.0 -lglib-2.0 -lcrypto -lzip -ljansson
LIBS_examine := -lcrypto -lzip -lseccomp -ljansson
LIBS_portal  := -lmicrohttpd -lgnutls -lqrencode -ljansson
$(BUILD)/obj/enroll/clerk/%.o $(BUILD)/obj/tests/unit/test_clerk_%.o: CFLAGS += $(GMIME_CFLAGS)
GMIME_CFLAGS = $(shell pkg-config --cflags gmime-3.0 2>/dev/null)

.PHONY: programs
programs: $(MAINS:enroll/%/main.c=$(BUILD)/bin/chancery-%)
define program-bin
$(BUILD)/bin/chancery-$(1): $(BUILD)/obj/enroll/$(1)/main.o $(BUILD)/lib$(1).a $(BUILD)/libenroll.a \
    $(if $(filter clerk,$(1)),$(BUILD)/libdirectory.a) $(BUILD)/libcrypto-chancery.a $(BUILD)/libcore.a
	@mkdir -p $$(@D)
	@echo "  LD $$@"
	$$(Q)$$(CC) -pie $$(LDFLAGS_ALL) -pthread -o $$@ $$^ $$(LIBS_$(1))
endef
$(foreach p,$(PROGRAMS),$(eval $(call program-bin,$(p))))

# --- texts -------------------------------------------------------------------
# po/LANG/PART.po (a part, an owner) become $(BUILD)/locale/LANG.json.
.PHONY: locale
locale: $(BUILD)/locale/.made
$(BUILD)/locale/.made: $(wildcard po/*/*.po) po/catalog.py
	@echo "  PO $(@D)"
	$(Q)$(PYTHON) po/catalog.py $(@D)
	@touch $@

# --- tests -------------------------------------------------------------------
# A unit test links core alone; test_crypto_* and test_enroll_* also what theirs needs.
$(BUILD)/tests/unit/test_crypto_%: $(BUILD)/obj/tests/unit/test_crypto_%.o $(BUILD)/libcrypto-chancery.a $(BUILD)/libcore.a
	@mkdir -p $(@D)
	@echo "  $(if $(filter %.o,$@),CC,LD) $@"
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ -lcrypto -lzip
$(BUILD)/tests/unit/test_enroll_%: $(BUILD)/obj/tests/unit/test_enroll_%.o $(BUILD)/libenroll.a $(BUILD)/libcrypto-chancery.a $(BUILD)/libcore.a
	@mkdir -p $(@D)
	@echo "  $(if $(filter %.o,$@),CC,LD) $@"
	$(Q)$(CC) $(LDFLAGS_ALL) -pthread -o $@ $^ -lcrypto -lzip -ljansson
define program-test
$(BUILD)/tests/unit/test_$(1)_%: $(BUILD)/obj/tests/unit/test_$(1)_%.o $(BUILD)/lib$(1).a $(BUILD)/libenroll.a \
    $(if $(filter clerk,$(1)),$(BUILD)/libdirectory.a) $(BUILD)/libcrypto-chancery.a $(BUILD)/libcore.a
	@mkdir -p $$(@D)
	@echo "  LD $$@"
	$$(Q)$$(CC) $$(LDFLAGS_ALL) -pthread -o $$@ $$^ $$(LIBS_$(1))
endef
$(foreach p,$(PROGRAMS),$(eval $(call program-test,$(p))))
$(BUILD)/tests/unit/test_clerk_mail: | $(BUILD)/locale/.made
$(BUILD)/tests/unit/%: $(BUILD)/obj/tests/unit/%.o $(BUILD)/libcore.a
	@mkdir -p $(@D)
	@echo "  $(if $(filter %.o,$@),CC,LD) $@"
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(TEST_LIBS)
# The differential tests compare core with OpenSSL.
$(BUILD)/tests/unit/test_%_openssl: TEST_LIBS := -lcrypto

# Programs that integration tests drive.
$(BUILD)/tests/tool/mail $(BUILD)/tests/tool/notice: $(BUILD)/tests/tool/%: $(BUILD)/obj/tests/tool/%.o $(BUILD)/libclerk.a $(BUILD)/libenroll.a $(BUILD)/libdirectory.a $(BUILD)/libcrypto-chancery.a $(BUILD)/libcore.a
	@mkdir -p $(@D)
	@echo "  LD $@"
	$(Q)$(CC) $(LDFLAGS_ALL) -pthread -o $@ $^ $(LIBS_clerk)
$(BUILD)/tests/tool/examine_%: $(BUILD)/obj/tests/tool/examine_%.o $(BUILD)/libexamine.a $(BUILD)/libenroll.a $(BUILD)/libcrypto-chancery.a $(BUILD)/libcore.a
	@mkdir -p $(@D)
	@echo "  LD $@"
	$(Q)$(CC) $(LDFLAGS_ALL) -pthread -o $@ $^ $(LIBS_examine)
$(BUILD)/tests/tool/%: $(BUILD)/obj/tests/tool/%.o $(BUILD)/libsigner.a $(BUILD)/libenroll.a \
    $(BUILD)/libdirectory.a $(BUILD)/libcrypto-chancery.a $(BUILD)/libcore.a
	@mkdir -p $(@D)
	@echo "  $(if $(filter %.o,$@),CC,LD) $@"
	$(Q)$(CC) $(LDFLAGS_ALL) -pthread -o $@ $^ -lldap -llber -lcrypto -lzip -lseccomp -ljansson

.PHONY: unit-tests
unit-tests: $(UNIT_TESTS) $(TEST_TOOLS)

# Fuzzers share one build of core, watched by libFuzzer and the sanitizers.
FUZZ_FLAGS := -std=gnu17 -O1 -g -fsanitize=address,undefined \
	-fno-sanitize-recover=undefined -D_GNU_SOURCE -I.
FUZZ_CORE  := $(patsubst %.c,$(BUILD)/fuzz/obj/%.o,$(wildcard core/*.c))
$(BUILD)/fuzz/obj/%.o: %.c $(wildcard core/*.h)
	@mkdir -p $(@D)
	@echo "  CC $@"
	$(Q)clang $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -c -o $@ $<
$(BUILD)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(FUZZ_CORE)
	@mkdir -p $(@D)
	@echo "  LD $@"
	$(Q)clang $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $^
.PHONY: fuzzers
fuzzers: $(FUZZERS)

include demo/demo.mk
include tests/tests.mk
