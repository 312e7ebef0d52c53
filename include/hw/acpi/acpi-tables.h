/*
 * ACPI tables for firmware that reads fw_cfg: they lie one behind the other in the file
 * etc/acpi/tables, and a script tells the firmware what to do with them once it has put them
 * somewhere: which addresses to fill in, which checksums to compute.
 *
 * A board begins a table, puts its fields, ends it; in the end all go to fw_cfg. Numbers are
 * little-endian.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_ACPI_ACPI_TABLES_H
#define HW_ACPI_ACPI_TABLES_H

#include "hw/nvram/fw_cfg.h"

typedef struct ACPITables ACPITables;

ACPITables *acpi_tables_new(void);

/*
 * Begins a table: its header. The signature has four characters; the result is where the table
 * starts, for pointers to it.
 */
uint32_t acpi_table_begin(ACPITables *t, const char *signature, uint8_t revision);
/* Ends it. listed: the XSDT points to it (all but the DSDT). */
void acpi_table_end(ACPITables *t, bool listed);
/* A whole table that is ready, as the ASL compiler makes it. Returns where it starts. */
uint32_t acpi_table_add(ACPITables *t, const void *table, size_t size, bool listed);

/* Fields of the table that was begun: a number of `size` bytes, bytes, zeros, a pointer of 8. */
void acpi_put(ACPITables *t, unsigned size, uint64_t value);
void acpi_put_bytes(ACPITables *t, const void *bytes, size_t size);
void acpi_put_zeros(ACPITables *t, size_t size);
void acpi_put_pointer(ACPITables *t, uint32_t target);
/* The same of 4 bytes, which older tables have. */
void acpi_put_pointer32(ACPITables *t, uint32_t target);
/* A generic address structure: a register of `bits` in memory, accessed in `width` (1 byte, 2 word,
 * 3 double word). */
void acpi_put_register(ACPITables *t, uint8_t bits, uint8_t width, uint64_t address);
/* The same at an I/O port. */
void acpi_put_io_register(ACPITables *t, uint8_t bits, uint8_t width, uint16_t port);

/*
 * SRAT (5.2.16): what begins one; memory of a node, of which nothing is put if its size is 0. An
 * operating system has to know from the start how high modules may come.
 */
enum { SRAT_LAPIC = 0, SRAT_MEMORY = 1, SRAT_GICC = 3 };
enum { SRAT_ENABLED = 1, SRAT_HOT_PLUGGABLE = 2 };
void acpi_srat_begin(ACPITables *t, uint8_t revision);
void acpi_srat_put_memory(ACPITables *t, unsigned node, uint64_t base, uint64_t size,
                          uint32_t flags);

/*
 * Another file of fw_cfg: firmware gives it a place, on a boundary; and writes where that is into
 * a third, of 8 bytes.
 */
void acpi_allocate_file(ACPITables *t, const char *file, uint32_t alignment);
void acpi_report_file(ACPITables *t, const char *address_file, const char *file);

/* AML: Name (\NAME, number), of four characters; a processor device below \_SB. */
void aml_put_name(ACPITables *t, const char *name, uint64_t value);
void aml_put_processor(ACPITables *t, unsigned number);
/*
 * Blocks: what is put between a begin and its end is inside. Paths are of names of up to four
 * characters, "\\_SB.PCI0.S10", from the root or from where they stand.
 */
void aml_begin_scope(ACPITables *t, const char *path);
void aml_begin_device(ACPITables *t, const char *name);
void aml_begin_method(ACPITables *t, const char *name, unsigned args);
void aml_end(ACPITables *t);
/* Name (name, value) */
void aml_put_integer(ACPITables *t, const char *name, uint64_t value);
void aml_put_string(ACPITables *t, const char *name, const char *value);
/*
 * A name where it is used, and a number: a call is the method's name, then what it is given, each of
 * which may be a call itself.
 */
void aml_put_path(ACPITables *t, const char *path);
void aml_put_constant(ACPITables *t, uint64_t value);
/* Name (name, where firmware has put that file); below 4 GiB. */
void aml_put_file_address(ACPITables *t, const char *name, const char *file);
/* Return, of what comes next. */
void aml_put_return(ACPITables *t);
/* Method (name, 0) { Return (method (n)) } */
void aml_put_getter(ACPITables *t, const char *name, const char *method, uint64_t n);
/* Method (name, args) { method (n, Arg0, …) } */
void aml_put_caller(ACPITables *t, const char *name, unsigned args, const char *method, uint64_t n);
/* If (Arg0 == value), or (Arg0 & value) { Notify (device, Arg1) } */
typedef enum AMLCondition { AML_IF_EQUAL, AML_IF_BIT } AMLCondition;
void aml_put_notify(ACPITables *t, AMLCondition condition, uint64_t value, const char *device);
/*
 * Places that devices of a kind come to and go from, up to 4096, whose names are a letter and their
 * number: begins place n's device, which has _HID and, as _UID, n; a method of two arguments that
 * notifies the place of the first one's number of the second.
 */
void aml_begin_place(ACPITables *t, char letter, unsigned n, const char *hid);
void aml_put_place_notifier(ACPITables *t, const char *name, char letter, unsigned count);

/* Bytes of what acpi_table_begin() puts, and what it says of who made the table. */
#define ACPI_HEADER_SIZE  36
#define ACPI_OEM_ID       "SYSEMU"   /* six characters */
#define ACPI_OEM_TABLE_ID "SYSEMUVM" /* eight */
#define ACPI_COMPILER_ID  "SYSE"

/*
 * fn is called each time firmware begins to read the tables (the contents of etc/acpi/tables),
 * which it may change: checksums are computed later.
 */
void acpi_tables_on_read(ACPITables *t, void (*fn)(void *opaque, uint8_t *tables), void *opaque);

/*
 * Puts the user's tables behind the others, writes XSDT and RSDP, and adds etc/acpi/tables,
 * etc/acpi/rsdp and etc/table-loader to fw_cfg, which from now on refers to them. Frees t.
 */
void acpi_tables_finish(ACPITables *t, FWCfgState *fw_cfg);

#endif
