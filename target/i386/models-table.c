/*
 * CPU models and features, as tables: what CPUID says of each, what features are called, and which
 * of them there are.
 *
 * Families, models, steppings, leaves and feature words are what the named parts have, and what
 * guests and command lines expect of QEMU's models of the same name; so far without SVM. `max` has
 * whatever there is. Names of features are QEMU's, where those have a dot or underscore it may be a
 * dash.
 *
 * Reference: SDM volume 2, CPUID; AMD64 Architecture Programmer's Manual volume 3, appendix E.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/internal.h"

#define INTEL "GenuineIntel"
#define AMD   "AuthenticAMD"



const X86Model x86_models[] = {
    { "486", "",
      INTEL, 4, 8, 0, .level = 0x1, .xlevel = 0x0, .physical_bits = 32,
      .features = { [FEAT_1_EDX] = 0x00000009 } },
    { "pentium", "",
      INTEL, 5, 4, 3, .level = 0x1, .xlevel = 0x0, .physical_bits = 32,
      .features = { [FEAT_1_EDX] = 0x008003bd } },
    { "pentium2", "",
      INTEL, 6, 5, 2, .level = 0x2, .xlevel = 0x0, .physical_bits = 36,
      .features = { [FEAT_1_EDX] = 0x0183fbfd } },
    { "pentium3", "",
      INTEL, 6, 7, 3, .level = 0x3, .xlevel = 0x0, .physical_bits = 36,
      .features = { [FEAT_1_EDX] = 0x0383fbfd } },
    { "coreduo", "Genuine Intel(R) CPU           T2600  @ 2.16GHz",
      INTEL, 6, 14, 8, .level = 0xa, .xlevel = 0x80000008, .physical_bits = 32,
      .features = { [FEAT_8000_0001_EDX] = 0x00100000, [FEAT_1_ECX] = 0x00000009,
                    [FEAT_1_EDX] = 0x0fc9fbfd } },
    { "n270", "Intel(R) Atom(TM) CPU N270   @ 1.60GHz",
      INTEL, 6, 28, 2, .level = 0xa, .xlevel = 0x80000008, .physical_bits = 32,
      .features = { [FEAT_8000_0001_ECX] = 0x00000001, [FEAT_8000_0001_EDX] = 0x00100000,
                    [FEAT_1_ECX] = 0x00400209, [FEAT_1_EDX] = 0x0fc9fbfd } },
    { "core2duo", "Intel(R) Core(TM)2 Duo CPU     T7700  @ 2.40GHz",
      INTEL, 6, 15, 11, .level = 0xa, .xlevel = 0x80000008, .physical_bits = 40,
      .features = { [FEAT_8000_0001_ECX] = 0x00000001, [FEAT_8000_0001_EDX] = 0x20100800,
                    [FEAT_1_ECX] = 0x00002209, [FEAT_1_EDX] = 0x0fcbfbfd } },
    { "qemu32", "QEMU Virtual CPU version 2.5+",
      INTEL, 6, 6, 3, .level = 0x4, .xlevel = 0x80000004, .physical_bits = 32,
      .features = { [FEAT_1_ECX] = 0x00000001, [FEAT_1_EDX] = 0x0781abfd } },
    { "kvm32", "Common 32-bit KVM processor",
      INTEL, 15, 6, 1, .level = 0x5, .xlevel = 0x80000008, .physical_bits = 36,
      .features = { [FEAT_1_ECX] = 0x00000001, [FEAT_1_EDX] = 0x078bfbfd } },
    { "qemu64", "QEMU Virtual CPU version 2.5+",
      AMD, 15, 107, 1, .level = 0xd, .xlevel = 0x8000000a, .physical_bits = 40,
      .features = { [FEAT_8000_0001_ECX] = 0x00000005, [FEAT_8000_0001_EDX] = 0x2193fbfd,
                    [FEAT_1_ECX] = 0x00002001, [FEAT_1_EDX] = 0x078bfbfd } },
    { "kvm64", "Common KVM processor",
      INTEL, 15, 6, 1, .level = 0xd, .xlevel = 0x80000008, .physical_bits = 40,
      .features = { [FEAT_8000_0001_EDX] = 0x20100800, [FEAT_1_ECX] = 0x00002001,
                    [FEAT_1_EDX] = 0x078bfbfd } },
    { "Conroe", "Intel Celeron_4x0 (Conroe/Merom Class Core 2)",
      INTEL, 6, 15, 3, .level = 0xa, .xlevel = 0x80000008, .physical_bits = 40,
      .features = { [FEAT_8000_0001_ECX] = 0x00000001, [FEAT_8000_0001_EDX] = 0x20100800,
                    [FEAT_1_ECX] = 0x00000201, [FEAT_1_EDX] = 0x078bfbfd } },
    { "Penryn", "Intel Core 2 Duo P9xxx (Penryn Class Core 2)",
      INTEL, 6, 23, 3, .level = 0xa, .xlevel = 0x80000008, .physical_bits = 40,
      .features = { [FEAT_8000_0001_ECX] = 0x00000001, [FEAT_8000_0001_EDX] = 0x20100800,
                    [FEAT_1_ECX] = 0x00082201, [FEAT_1_EDX] = 0x078bfbfd } },
    { "Nehalem", "Intel Core i7 9xx (Nehalem Class Core i7)",
      INTEL, 6, 26, 3, .level = 0xb, .xlevel = 0x80000008, .physical_bits = 40,
      .features = { [FEAT_8000_0001_ECX] = 0x00000001, [FEAT_8000_0001_EDX] = 0x20100800,
                    [FEAT_1_ECX] = 0x00982201, [FEAT_1_EDX] = 0x078bfbfd } },
    { "Westmere", "Westmere E56xx/L56xx/X56xx (Nehalem-C)",
      INTEL, 6, 44, 1, .level = 0xb, .xlevel = 0x80000008, .physical_bits = 40,
      .features = { [FEAT_6_EAX] = 0x00000004, [FEAT_8000_0001_ECX] = 0x00000001,
                    [FEAT_8000_0001_EDX] = 0x20100800, [FEAT_1_ECX] = 0x02982203,
                    [FEAT_1_EDX] = 0x078bfbfd } },
    { "SandyBridge", "Intel Xeon E312xx (Sandy Bridge)",
      INTEL, 6, 42, 1, .level = 0xd, .xlevel = 0x80000008, .physical_bits = 40,
      .features = { [FEAT_6_EAX] = 0x00000004, [FEAT_D_1_EAX] = 0x00000001,
                    [FEAT_8000_0001_ECX] = 0x00000001, [FEAT_8000_0001_EDX] = 0x28100800,
                    [FEAT_1_ECX] = 0x17b82203, [FEAT_1_EDX] = 0x078bfbfd } },
    { "IvyBridge", "Intel Xeon E3-12xx v2 (Ivy Bridge)",
      INTEL, 6, 58, 9, .level = 0xd, .xlevel = 0x80000008, .physical_bits = 40,
      .features = { [FEAT_6_EAX] = 0x00000004, [FEAT_D_1_EAX] = 0x00000001,
                    [FEAT_8000_0001_ECX] = 0x00000001, [FEAT_8000_0001_EDX] = 0x28100800,
                    [FEAT_7_0_EBX] = 0x00000281, [FEAT_1_ECX] = 0x77b82203,
                    [FEAT_1_EDX] = 0x078bfbfd } },
    { "Haswell-noTSX", "Intel Core Processor (Haswell, no TSX)",
      INTEL, 6, 60, 1, .level = 0xd, .xlevel = 0x80000008, .physical_bits = 40,
      .features = { [FEAT_6_EAX] = 0x00000004, [FEAT_D_1_EAX] = 0x00000001,
                    [FEAT_8000_0001_ECX] = 0x00000021, [FEAT_8000_0001_EDX] = 0x28100800,
                    [FEAT_7_0_EBX] = 0x000007a9, [FEAT_1_ECX] = 0x77fa3203,
                    [FEAT_1_EDX] = 0x078bfbfd } },
    { "Haswell", "Intel Core Processor (Haswell)",
      INTEL, 6, 60, 4, .level = 0xd, .xlevel = 0x80000008, .physical_bits = 40,
      .features = { [FEAT_6_EAX] = 0x00000004, [FEAT_D_1_EAX] = 0x00000001,
                    [FEAT_8000_0001_ECX] = 0x00000021, [FEAT_8000_0001_EDX] = 0x28100800,
                    [FEAT_7_0_EBX] = 0x00000fb9, [FEAT_1_ECX] = 0x77fa3203,
                    [FEAT_1_EDX] = 0x078bfbfd } },
    { "Broadwell-noTSX", "Intel Core Processor (Broadwell, no TSX)",
      INTEL, 6, 61, 2, .level = 0xd, .xlevel = 0x80000008, .physical_bits = 40,
      .features = { [FEAT_6_EAX] = 0x00000004, [FEAT_D_1_EAX] = 0x00000001,
                    [FEAT_8000_0001_ECX] = 0x00000121, [FEAT_8000_0001_EDX] = 0x28100800,
                    [FEAT_7_0_EBX] = 0x001c07a9, [FEAT_1_ECX] = 0x77fa3203,
                    [FEAT_1_EDX] = 0x078bfbfd } },
    { "Broadwell", "Intel Core Processor (Broadwell)",
      INTEL, 6, 61, 2, .level = 0xd, .xlevel = 0x80000008, .physical_bits = 40,
      .features = { [FEAT_6_EAX] = 0x00000004, [FEAT_D_1_EAX] = 0x00000001,
                    [FEAT_8000_0001_ECX] = 0x00000121, [FEAT_8000_0001_EDX] = 0x28100800,
                    [FEAT_7_0_EBX] = 0x001c0fb9, [FEAT_1_ECX] = 0x77fa3203,
                    [FEAT_1_EDX] = 0x078bfbfd } },
    { "Skylake-Client", "Intel Core Processor (Skylake)",
      INTEL, 6, 94, 3, .level = 0xd, .xlevel = 0x80000008, .physical_bits = 40,
      .features = { [FEAT_6_EAX] = 0x00000004, [FEAT_D_1_EAX] = 0x00000007,
                    [FEAT_8000_0001_ECX] = 0x00000121, [FEAT_8000_0001_EDX] = 0x28100800,
                    [FEAT_7_0_EBX] = 0x001c0fb9, [FEAT_1_ECX] = 0x77fa3203,
                    [FEAT_1_EDX] = 0x078bfbfd } },
    { "Denverton", "Intel Atom Processor (Denverton)",
      INTEL, 6, 95, 1, .level = 0x15, .xlevel = 0x80000008, .physical_bits = 40,
      .features = { [FEAT_6_EAX] = 0x00000004, [FEAT_D_1_EAX] = 0x00000007,
                    [FEAT_8000_0001_ECX] = 0x00000101, [FEAT_8000_0001_EDX] = 0x2c100800,
                    [FEAT_7_0_EDX] = 0xa4000000, [FEAT_7_0_EBX] = 0x20944281,
                    [FEAT_1_ECX] = 0x47f8220b, [FEAT_1_EDX] = 0x078bfbfd } },
    { "EPYC", "AMD EPYC Processor",
      AMD, 23, 1, 2, .level = 0xd, .xlevel = 0x8000001e, .physical_bits = 40,
      .features = { [FEAT_6_EAX] = 0x00000004, [FEAT_8000_000A_EDX] = 0x00000009,
                    [FEAT_D_1_EAX] = 0x00000007,
                    [FEAT_8000_0001_ECX] = 0x004003f5, [FEAT_8000_0001_EDX] = 0x2fd3fbfd,
                    [FEAT_7_0_EBX] = 0x209c01a9, [FEAT_1_ECX] = 0x76d8320b,
                    [FEAT_1_EDX] = 0x078bfbfd } },
    { "athlon", "QEMU Virtual CPU version 2.5+",
      AMD, 6, 2, 3, .level = 0x2, .xlevel = 0x80000008, .physical_bits = 36,
      .features = { [FEAT_8000_0001_EDX] = 0xc1c3f3fd, [FEAT_1_EDX] = 0x0783fbfd } },
    { "phenom", "AMD Phenom(tm) 9550 Quad-Core Processor",
      AMD, 16, 2, 3, .level = 0x5, .xlevel = 0x8000001a, .physical_bits = 40,
      .features = { [FEAT_8000_000A_EDX] = 0x00000001,
                    [FEAT_8000_0001_ECX] = 0x00000065, [FEAT_8000_0001_EDX] = 0xefd3fbfd,
                    [FEAT_1_ECX] = 0x00802009, [FEAT_1_EDX] = 0x078bfbfd } },
    { "max", "sysemu CPU",
      AMD, 15, 107, 1, .level = 0xd, .xlevel = 0x8000000a, .physical_bits = 40,
      .has_everything = true },
    { "base", "", "", 0, 0, 0 },
    { NULL },
};

/* ---- Features ---- */

const char *const x86_feature_names[FEATURE_WORDS][32] = {
    [FEAT_1_EDX] = {
        [0] = "fpu", [1] = "vme", [2] = "de", [3] = "pse", [4] = "tsc", [5] = "msr", [6] = "pae",
        [7] = "mce", [8] = "cx8", [9] = "apic", [11] = "sep", [12] = "mtrr", [13] = "pge",
        [14] = "mca", [15] = "cmov", [16] = "pat", [17] = "pse36", [18] = "pn", [19] = "clflush",
        [21] = "ds", [22] = "acpi", [23] = "mmx", [24] = "fxsr", [25] = "sse", [26] = "sse2",
        [27] = "ss", [28] = "ht", [29] = "tm", [30] = "ia64", [31] = "pbe",
    },
    [FEAT_1_ECX] = {
        [0] = "pni", [1] = "pclmulqdq", [2] = "dtes64", [3] = "monitor", [4] = "ds-cpl",
        [5] = "vmx", [6] = "smx", [7] = "est", [8] = "tm2", [9] = "ssse3", [10] = "cid",
        [12] = "fma", [13] = "cx16", [14] = "xtpr", [15] = "pdcm", [17] = "pcid", [18] = "dca",
        [19] = "sse4.1", [20] = "sse4.2", [21] = "x2apic", [22] = "movbe", [23] = "popcnt",
        [24] = "tsc-deadline", [25] = "aes", [26] = "xsave", [27] = "osxsave", [28] = "avx",
        [29] = "f16c", [30] = "rdrand", [31] = "hypervisor",
    },
    [FEAT_7_0_EBX] = {
        [0] = "fsgsbase", [1] = "tsc-adjust", [2] = "sgx", [3] = "bmi1", [4] = "hle", [5] = "avx2",
        [7] = "smep", [8] = "bmi2", [9] = "erms", [10] = "invpcid", [11] = "rtm", [14] = "mpx",
        [16] = "avx512f", [17] = "avx512dq", [18] = "rdseed", [19] = "adx", [20] = "smap",
        [21] = "avx512ifma", [22] = "pcommit", [23] = "clflushopt", [24] = "clwb",
        [25] = "intel-pt", [26] = "avx512pf", [27] = "avx512er", [28] = "avx512cd", [29] = "sha-ni",
        [30] = "avx512bw", [31] = "avx512vl",
    },
    [FEAT_7_0_ECX] = {
        [1] = "avx512vbmi", [2] = "umip", [3] = "pku", [5] = "waitpkg", [6] = "avx512vbmi2",
        [8] = "gfni", [9] = "vaes", [10] = "vpclmulqdq", [11] = "avx512vnni", [12] = "avx512bitalg",
        [14] = "avx512-vpopcntdq", [16] = "la57", [22] = "rdpid", [24] = "bus-lock-detect",
        [25] = "cldemote", [27] = "movdiri", [28] = "movdir64b", [30] = "sgxlc", [31] = "pks",
    },
    [FEAT_7_0_EDX] = {
        [2] = "avx512-4vnniw", [3] = "avx512-4fmaps", [4] = "fsrm", [8] = "avx512-vp2intersect",
        [10] = "md-clear", [14] = "serialize", [16] = "tsx-ldtrk", [19] = "arch-lbr",
        [23] = "avx512-fp16", [24] = "amx-tile", [25] = "amx-int8", [26] = "spec-ctrl",
        [27] = "stibp", [29] = "arch-capabilities", [30] = "core-capability", [31] = "ssbd",
    },
    [FEAT_8000_0001_EDX] = {
        [11] = "syscall", [20] = "nx", [22] = "mmxext", [25] = "fxsr-opt", [26] = "pdpe1gb",
        [27] = "rdtscp", [29] = "lm", [30] = "3dnowext", [31] = "3dnow",
    },
    [FEAT_8000_0001_ECX] = {
        [0] = "lahf-lm", [1] = "cmp-legacy", [2] = "svm", [3] = "extapic", [4] = "cr8legacy",
        [5] = "abm", [6] = "sse4a", [7] = "misalignsse", [8] = "3dnowprefetch", [9] = "osvw",
        [10] = "ibs", [11] = "xop", [12] = "skinit", [13] = "wdt", [15] = "lwp", [16] = "fma4",
        [17] = "tce", [19] = "nodeid-msr", [21] = "tbm", [22] = "topoext", [23] = "perfctr-core",
        [24] = "perfctr-nb",
    },
    [FEAT_8000_0007_EDX] = {
        [8] = "invtsc",
    },
    [FEAT_8000_0008_EBX] = {
        [0] = "clzero", [2] = "xsaveerptr", [9] = "wbnoinvd", [12] = "ibpb", [14] = "ibrs",
        [15] = "amd-stibp", [24] = "amd-ssbd", [25] = "virt-ssbd", [26] = "amd-no-ssb",
    },
    [FEAT_D_1_EAX] = {
        [0] = "xsaveopt", [1] = "xsavec", [2] = "xgetbv1", [3] = "xsaves",
    },
    [FEAT_6_EAX] = {
        [2] = "arat",
    },
    [FEAT_8000_000A_EDX] = {
        [0] = "npt", [1] = "lbrv", [2] = "svm-lock", [3] = "nrip-save", [4] = "tsc-scale",
        [5] = "vmcb-clean", [6] = "flushbyasid", [7] = "decodeassists", [10] = "pause-filter",
        [12] = "pfthreshold", [13] = "avic", [15] = "v-vmsave-vmload", [16] = "vgif",
        [28] = "svme-addr-chk",
    },
};

const X86FeatureAlias x86_feature_aliases[] = {
    { "sse3", X86_FEATURE_SSE3 },
    { "i64", X86_FEATURE_LM },
    { "xd", X86_FEATURE_NX },
    { "lzcnt", X86_FEATURE_ABM },
    { NULL },
};

#define BIT_OF(feature) (1u << ((feature) & 31))

const uint32_t x86_supported_features[FEATURE_WORDS] = {
    [FEAT_1_EDX] = 0x0fcbfbff, /* FPU VME DE PSE TSC MSR PAE MCE CX8 APIC SEP MTRR PGE MCA CMOV PAT
                                * PSE36 CLFLUSH ACPI MMX FXSR SSE SSE2 SS */
    [FEAT_1_ECX] = X86_HYPERVISOR | BIT_OF(X86_FEATURE_SSE3) | BIT_OF(X86_FEATURE_MONITOR) |
                   BIT_OF(X86_FEATURE_PCLMULQDQ) | BIT_OF(X86_FEATURE_AES) |
                   BIT_OF(X86_FEATURE_SSSE3) | BIT_OF(X86_FEATURE_CX16) |
                   BIT_OF(X86_FEATURE_PCID) | BIT_OF(X86_FEATURE_SSE41) |
                   BIT_OF(X86_FEATURE_SSE42) | BIT_OF(X86_FEATURE_MOVBE) |
                   BIT_OF(X86_FEATURE_X2APIC) | BIT_OF(X86_FEATURE_TSC_DEADLINE) |
                   BIT_OF(X86_FEATURE_POPCNT) | BIT_OF(X86_FEATURE_RDRAND) |
                   BIT_OF(X86_FEATURE_XSAVE) | BIT_OF(X86_FEATURE_AVX) |
                   BIT_OF(X86_FEATURE_F16C) | BIT_OF(X86_FEATURE_FMA),
    [FEAT_7_0_EBX] = BIT_OF(X86_FEATURE_FSGSBASE) | BIT_OF(X86_FEATURE_TSC_ADJUST) |
                     BIT_OF(X86_FEATURE_BMI1) | BIT_OF(X86_FEATURE_AVX2) |
                     BIT_OF(X86_FEATURE_SMEP) | BIT_OF(X86_FEATURE_BMI2) | 1u << 9 /* ERMS */ |
                     BIT_OF(X86_FEATURE_INVPCID) | BIT_OF(X86_FEATURE_RDSEED) |
                     BIT_OF(X86_FEATURE_ADX) | BIT_OF(X86_FEATURE_SMAP) | BIT_OF(X86_FEATURE_SHA) |
                     BIT_OF(X86_FEATURE_CLFLUSHOPT) | BIT_OF(X86_FEATURE_CLWB),
    [FEAT_7_0_ECX] = BIT_OF(X86_FEATURE_UMIP) | BIT_OF(X86_FEATURE_PKU) |
                     BIT_OF(X86_FEATURE_LA57) | BIT_OF(X86_FEATURE_RDPID) |
                     BIT_OF(X86_FEATURE_GFNI) | BIT_OF(X86_FEATURE_VAES) |
                     BIT_OF(X86_FEATURE_VPCLMULQDQ),
    /* AMD repeats what leaf 1 says. */
    [FEAT_8000_0001_EDX] = 0x0183f3ff | BIT_OF(X86_FEATURE_SYSCALL) | BIT_OF(X86_FEATURE_NX) |
                           BIT_OF(X86_FEATURE_MMXEXT) | BIT_OF(X86_FEATURE_PDPE1GB) |
                           BIT_OF(X86_FEATURE_RDTSCP) | BIT_OF(X86_FEATURE_LM),
    [FEAT_8000_0001_ECX] = BIT_OF(X86_FEATURE_LAHF_LM) | BIT_OF(X86_FEATURE_ABM) |
                           BIT_OF(X86_FEATURE_SVM) | BIT_OF(X86_FEATURE_CR8_LEGACY) |
                           BIT_OF(X86_FEATURE_SSE4A) | BIT_OF(X86_FEATURE_PREFETCHW),
    [FEAT_D_1_EAX] = BIT_OF(X86_FEATURE_XSAVEOPT) | BIT_OF(X86_FEATURE_XSAVEC) |
                     BIT_OF(X86_FEATURE_XGETBV1),
    [FEAT_8000_000A_EDX] = BIT_OF(X86_FEATURE_NPT) | BIT_OF(X86_FEATURE_NRIPS) |
                           BIT_OF(X86_FEATURE_VMCB_CLEAN) | BIT_OF(X86_FEATURE_FLUSH_BY_ASID),
    [FEAT_6_EAX] = 1u << 2, /* the local APIC's timer never stops */
};

/* Behind the legacy area, which has the first two, and the header (SDM volume 1, 13.4). */
const X86XsaveComponent x86_xsave_component[X86_NB_XSAVE_COMPONENTS] = {
    [0] = { 0, 512, X86_FEATURE_XSAVE },
    [1] = { 0, 512, X86_FEATURE_XSAVE },
    [2] = { 576, 256, X86_FEATURE_AVX },
    [9] = { 2688, 8, X86_FEATURE_PKU },
};
