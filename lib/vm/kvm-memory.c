// SPDX-License-Identifier: GPL-2.0-only
/* kvm-memory - the kvm engine's memory, and what is in it at the beginning */
#include <errno.h>
#include <fcntl.h>
#include <linux/mman.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/vm/acpi.h"
#include "lib/vm/elfload.h"
#include "lib/vm/hugepages.h"
#include "lib/vm/kernel-file.h"
#include "lib/vm/kvm-vm.h"
#include "lib/vm/layout.h"

#define HUGE_PAGE KT_HUGEPAGES_BYTES

static enum kt_status no_memory(const struct kt_machine *m,
				struct kt_error *err)
{
	return kt_fail_errno(err, "cannot make %llu MiB of memory",
			     (unsigned long long)m->memory_mib);
}

/* Too few of them are free, unless it is something else that forbids it. */
static enum kt_status no_pages(const struct kt_vm *vm,
			       const struct kt_machine *m, struct kt_error *err)
{
	const unsigned long long pages = vm->map_bytes / HUGE_PAGE;
	struct kt_hugepages pool;
	const int error = errno;
	const bool told = kt_hugepages_read(KT_HUGEPAGES_DIR, &pool);
	const uint64_t needed = told ? kt_hugepages_needed(&pool, pages) : 0;
	enum kt_status st;

	errno = error;
	if ((error != ENOMEM && error != ENOSPC) || (told && needed == pool.nr))
		return no_memory(m, err);
	st = kt_fail(err, KT_SKIP, "there are no %llu free huge pages of 2 MiB",
		     pages);
	if (!told)
		return kt_hint(err, st,
			       "\"" KT_HUGEPAGES_DIR "/nr_hugepages\" is how "
			       "many there are, and root may write to it");
	return kt_hint(err, st,
		       "as root: echo %llu >" KT_HUGEPAGES_DIR "/nr_hugepages",
		       (unsigned long long)needed);
}

/*
 * Anonymous memory, of which hosts give large pages as soon as they are asked;
 * of a memfd few do. A boot then takes some hundred faults and not ten thousand.
 */
static void *map_pages(void *at, const struct kt_vm *vm,
		       const struct kt_machine *m)
{
	const int kind =
		m->hugepages ? MAP_HUGETLB | MAP_HUGE_2MB : MAP_NORESERVE;

	return mmap(at, vm->map_bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | kind, -1, 0);
}

/*
 * One mapping that begins where a large page may begin, for guest and host
 * addresses have to agree in that for either's page tables to have large pages.
 */
static enum kt_status map_all(struct kt_vm *vm, const struct kt_machine *m,
			      struct kt_error *err)
{
	unsigned char *room =
		mmap(NULL, vm->map_bytes + HUGE_PAGE, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	unsigned char *at, *end;

	if (room == MAP_FAILED)
		return no_memory(m, err);
	at = room + (HUGE_PAGE - (uintptr_t)room % HUGE_PAGE) % HUGE_PAGE;
	end = at + vm->map_bytes;
	if (map_pages(at, vm, m) == MAP_FAILED) {
		const enum kt_status st =
			m->hugepages ? no_pages(vm, m, err) : no_memory(m, err);

		munmap(room, vm->map_bytes + HUGE_PAGE);
		return st;
	}
	if (at > room)
		munmap(room, (size_t)(at - room));
	munmap(end, (size_t)(room + vm->map_bytes + HUGE_PAGE - end));
	vm->map = at;
	if (!m->hugepages)
		madvise(at, vm->map_bytes, MADV_HUGEPAGE);
	/* A child would make us copy what the guest is writing to. */
	madvise(at, vm->map_bytes, MADV_DONTFORK);
	return KT_OK;
}

static enum kt_status add_slots(struct kt_vm *vm, struct kt_error *err)
{
	struct kt_boot_range range[KT_BOOT_MAX_RAM];
	unsigned char *map = vm->map;

	vm->dma.nr = kt_boot_ram(vm->memory_bytes, range);
	for (size_t i = 0; i < vm->dma.nr; i++) {
		const struct kvm_userspace_memory_region region = {
			.slot = (uint32_t)i,
			.guest_phys_addr = range[i].gpa,
			.memory_size = range[i].bytes,
			.userspace_addr = (uintptr_t)map,
		};

		if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region))
			return kt_fail_errno(err, "KVM refuses the memory");
		vm->dma.part[i].gpa = range[i].gpa;
		vm->dma.part[i].bytes = range[i].bytes;
		vm->dma.part[i].map = map;
		map += range[i].bytes;
	}
	return KT_OK;
}

enum kt_status kt_kvm_memory_make(struct kt_vm *vm, const struct kt_machine *m,
				  struct kt_error *err)
{
	enum kt_status st;

	vm->memory_bytes = m->memory_mib << 20;
	vm->map_bytes = (vm->memory_bytes + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	st = map_all(vm, m, err);
	return st ? st : add_slots(vm, err);
}

void kt_kvm_memory_free(struct kt_vm *vm)
{
	if (vm->map)
		munmap(vm->map, vm->map_bytes);
	vm->map = NULL;
}

static enum kt_status open_file(const char *path, int *fd, uint64_t *bytes,
				struct kt_error *err)
{
	struct stat sb;

	*fd = open(path, O_RDONLY | O_CLOEXEC);
	if (*fd < 0 || fstat(*fd, &sb))
		return kt_fail_errno(err, "cannot open \"%s\"", path);
	*bytes = (uint64_t)sb.st_size;
	return KT_OK;
}

/*
 * All of a file. To map it in place of the memory there would save the copy,
 * and cost more: each of its small pages is a fault of the guest, as is all that
 * shares a large page with it, which it breaks up.
 */
static enum kt_status read_file(int fd, const char *path, unsigned char *to,
				uint64_t bytes, struct kt_error *err)
{
	uint64_t got;
	const enum kt_status st =
		kt_fd_read_at(fd, path, to, bytes, 0, &got, err);

	if (!st && got < bytes)
		return kt_fail(err, KT_DATA, "\"%s\" has become shorter", path);
	return st;
}

static enum kt_status load_initrd(struct kt_vm *vm, const struct kt_machine *m,
				  uint64_t kernel_end, struct kt_boot *boot,
				  struct kt_error *err)
{
	int fd KT_CLEANUP(kt_closep) = -1;
	enum kt_status st = open_file(m->initrd, &fd, &boot->initrd_bytes, err);

	if (st || !boot->initrd_bytes)
		return st;
	st = kt_boot_place_initrd(vm->memory_bytes, kernel_end,
				  boot->initrd_bytes, &boot->initrd_gpa, err);
	if (st)
		return st;
	return read_file(
		fd, m->initrd,
		kt_dma_at(&vm->dma, boot->initrd_gpa, boot->initrd_bytes),
		boot->initrd_bytes, err);
}

enum kt_status kt_kvm_memory_load(struct kt_vm *vm, const struct kt_machine *m,
				  struct kt_error *err)
{
	struct kt_boot boot = { .memory_bytes = vm->memory_bytes,
				.cmdline = m->cmdline };
	unsigned char *low = vm->dma.part[0].map;
	struct kt_elf_plan plan;
	int fd KT_CLEANUP(kt_closep) = -1;
	enum kt_status st = kt_kernel_file_open(m->kernel, m->cache, &fd, err);

	if (!st)
		st = kt_elf_plan(fd, m->kernel, &plan, err);
	if (!st)
		st = kt_elf_load(fd, m->kernel, &plan, low,
				 vm->dma.part[0].bytes, err);
	if (!st)
		st = load_initrd(vm, m, plan.end, &boot, err);
	if (!st)
		st = kt_boot_write(&boot, low, err);
	if (!st)
		st = kt_acpi_write(&m->topology, vm->memory_bytes,
				   low + KT_GPA_ACPI, err);
	if (!st)
		vm->entry = plan.entry;
	return st;
}
