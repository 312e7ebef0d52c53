/*
 * ACPI tables that the user adds to those of the board: -acpitable. Everything happens under the
 * big lock.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_ACPI_USER_TABLES_H
#define HW_ACPI_USER_TABLES_H

#include "hw/acpi/acpi-tables.h"

#define ACPI_USER_TABLE_MAX (1024 * 1024u)

/*
 * -acpitable's argument: file=FILE[:FILE...], a table, or data=FILE[:FILE...], what is behind a
 * header; and fields of the header. false and *errp: something is wrong with it. To be called
 * before there is a board.
 */
bool acpi_user_tables_add_option(const char *arg, Error **errp);
/* Puts them behind the board's, where the XSDT lists them. */
void acpi_user_tables_give(ACPITables *t);
/* The machine is complete, and has no tables to which those could be added. */
bool acpi_user_tables_are_left(void);
/*
 * What the board's table of that signature has as OEM ID (6 bytes) and, behind it, OEM table ID
 * (8): a SLIC's; NULL: as usual.
 */
const uint8_t *acpi_user_tables_oem(const char *signature);

#endif
