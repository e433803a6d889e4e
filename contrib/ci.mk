# SPDX-License-Identifier: GPL-2.0-only
#
# contrib/ci.mk - kernels, boots and verifier runs as targets of make
#
#   include ci.mk
#
#   make kernel-6.14.2            build it, or take it from the cache
#   make boot-6.14.2              run $(KTSTR_COMMAND) on it
#   make verify-6.14.2            what its verifier says of $(KTSTR_SCHEDULER)
#   make -j4 $(addprefix verify-,6.12 6.14 6.15)
#
# A kernel is a version or a key of the cache ("ktstr-cache list"). What each
# step says is a file of JSON lines, $(KTSTR_OUT)/{kernel,boot,verify}/KERNEL.json,
# and is made anew when what it is made from has changed. A step that fails
# leaves no file. These may be set:
#
#   KTSTR_OUT        ktstr.d    where those files go
#   KTSTR_COMMAND    uname -r   the guest's command, for sh -c
#   KTSTR_FILES                 what goes into /include-files of the guest
#   KTSTR_SCHEDULER             the scheduler's program
#   KTSTR_FETCH_FLAGS KTSTR_KBUILD_FLAGS KTSTR_VMM_FLAGS KTSTR_VERIFIER_FLAGS
#
# $(call ktstr_quote,TEXT) quotes for the shell.

KTSTR_OUT ?= ktstr.d
KTSTR_COMMAND ?= uname -r
KTSTR_FILES ?=
KTSTR_SCHEDULER ?=
KTSTR_FETCH_FLAGS ?=
KTSTR_KBUILD_FLAGS ?=
KTSTR_VMM_FLAGS ?=
KTSTR_VERIFIER_FLAGS ?=

ktstr_quote = '$(subst ','\'',$(1))'

# A tool that fails writes an error record, and the last of a pipe exits with 1
# when one has come by: a plain sh sees every failure.
ktstr_make = @mkdir -p $(@D) && { $(1); } >$@.tmp && mv $@.tmp $@ || { \
	cat $@.tmp >&2; rm -f $@.tmp; exit 1; }

.PHONY: kernel-% boot-% verify-%
kernel-%: $(KTSTR_OUT)/kernel/%.json ;
boot-%: $(KTSTR_OUT)/boot/%.json ;
verify-%: $(KTSTR_OUT)/verify/%.json ;

.PRECIOUS: $(KTSTR_OUT)/kernel/%.json $(KTSTR_OUT)/boot/%.json \
	$(KTSTR_OUT)/verify/%.json

# Two kernels at a time would only share the processors, so builds take turns.
# What a build leaves running must not keep the lock.
$(KTSTR_OUT)/kernel/%.json:
	$(call ktstr_make,ktstr-cache get -- $* 2>/dev/null >$@.get && \
		cat $@.get || { flock 9 && { \
		ktstr-fetch $(KTSTR_FETCH_FLAGS) -- $* | \
		ktstr-kbuild $(KTSTR_KBUILD_FLAGS) | ktstr-cache add; } 9>&-; \
		} 9>$(@D)/.lock; \
		ktstr_=$$?; rm -f $@.get; (exit $$ktstr_))

$(KTSTR_OUT)/boot/%.json: $(KTSTR_OUT)/kernel/%.json $(KTSTR_FILES)
	$(call ktstr_make,ktstr-initramfs $(addprefix -i ,$(KTSTR_FILES)) \
		<$< | ktstr-vmm $(KTSTR_VMM_FLAGS) -- \
		sh -c $(call ktstr_quote,$(KTSTR_COMMAND)))
	@grep -q '"reason":"exit","exit_code":0' $@ || { cat $@ >&2; rm -f $@; \
		exit 1; }

$(KTSTR_OUT)/verify/%.json: $(KTSTR_OUT)/kernel/%.json $(KTSTR_SCHEDULER)
	@test -n '$(KTSTR_SCHEDULER)' || { \
		echo 'ci.mk: KTSTR_SCHEDULER is not set' >&2; exit 1; }
	$(call ktstr_make,ktstr-verifier --scheduler-bin \
		$(call ktstr_quote,$(abspath $(KTSTR_SCHEDULER))) \
		$(KTSTR_VERIFIER_FLAGS) <$<)
