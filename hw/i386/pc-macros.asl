/*
 * DSDTs of PC boards: what pieces of them look like.
 *
 * SPDX-License-Identifier: MIT
 */
/* Pins A to D of the slot (two hexadecimal digits) and what they lead to. */
#define PINS(slot, a, b, c, d)                                                                     \
    Package () { 0x##slot##ffff, 0, a, 0 }, Package () { 0x##slot##ffff, 1, b, 0 },                \
    Package () { 0x##slot##ffff, 2, c, 0 }, Package () { 0x##slot##ffff, 3, d, 0 }

/* A PIRQ's routing register: bit 7 is off, the low bits are the line. */
#define LINK(name, uid, route)                                                                     \
    Device (name)                                                                                  \
    {                                                                                              \
        Name (_HID, EisaId ("PNP0C0F"))                                                            \
        Name (_UID, uid)                                                                           \
        Name (_PRS, ResourceTemplate () {                                                          \
            Interrupt (ResourceConsumer, Level, ActiveHigh, Shared) { 5, 10, 11 }                  \
        })                                                                                         \
        Method (_STA, 0, NotSerialized)                                                            \
        {                                                                                          \
            If (route & 0x80)                                                                      \
            {                                                                                      \
                Return (0x09)                                                                      \
            }                                                                                      \
            Return (0x0b)                                                                          \
        }                                                                                          \
        Method (_DIS, 0, NotSerialized)                                                            \
        {                                                                                          \
            route |= 0x80                                                                          \
        }                                                                                          \
        Method (_CRS, 0, Serialized)                                                               \
        {                                                                                          \
            Name (NOW, ResourceTemplate () {                                                       \
                Interrupt (ResourceConsumer, Level, ActiveHigh, Shared, , , LINE) { 1 }            \
            })                                                                                     \
            CreateDWordField (NOW, LINE._INT, IRQN)                                                \
            IRQN = route & 0x0f                                                                    \
            Return (NOW)                                                                           \
        }                                                                                          \
        Method (_SRS, 1, NotSerialized)                                                            \
        {                                                                                          \
            CreateDWordField (Arg0, 5, IRQN)                                                       \
            route = IRQN                                                                           \
        }                                                                                          \
    }

/* Ports from base on, and an interrupt line. */
#define PORTS(base, count, irq)                                                                    \
    Name (_CRS, ResourceTemplate () {                                                              \
        IO (Decode16, base, base, 1, count)                                                        \
        IRQNoFlags () { irq }                                                                      \
    })

#define SERIAL(name, hid, uid, base, irq, there)                                                   \
    Device (name)                                                                                  \
    {                                                                                              \
        Name (_HID, EisaId (hid))                                                                  \
        Name (_UID, uid)                                                                           \
        PORTS (base, 8, irq)                                                                       \
        Method (_STA, 0, NotSerialized)                                                            \
        {                                                                                          \
            If (there)                                                                             \
            {                                                                                      \
                Return (0x0f)                                                                      \
            }                                                                                      \
            Return (0)                                                                             \
        }                                                                                          \
    }
