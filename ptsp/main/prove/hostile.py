"""Addresses that somebody could write into a pack to reach what only we may reach, and names that lead there."""

from collections.abc import Sequence

PARTNER = "198.18.0.1"  # stands for a partner's private network; of the benchmark's own, so nobody is there

# What reads as this machine, or as what stands beside it, in one program or another.
HOSTS = (
    *("127.0.0.1", "127.0.0.2", "127.255.255.254", "127.1", "127.0.1", "2130706433", "0x7f.1", "0x7f000001"),
    *("0177.0.0.1", "017700000001", "0", "0.0.0.0", "00.0.0.0"),
    *("127.000.000.001", "0x7F.0x0.0x0.0x1", "127.0.0.1."),
    *("localhost", "LOCALHOST", "localhost.", "a.localhost", "①②⑦.⓪.⓪.①"),
    *("127。0。0。1", "１２７.０.０.１", "127.0.0.1%00"),
    *("127.0.0.1%25lo", "0x7f.0.1", "127.0.0.01", "localhost%2eexample", "ⓛocalhost", "127.0.0.1\u200b"),
    *("[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]"),
    *("[::ffff:7f00:1]", "[::127.0.0.1]", "[::1%25lo]"),
    *("[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]"),
    *("[2002:7f00:1::]", "[2002:7f00:1::1]"),
    *("[2001::1]", "[2001:0:7f00:1::80ff:fffe]", "[fe80::5efe:7f00:1]"),
    *("[2a00::5efe:7f00:1]", "[2a00::200:5efe:7f00:1]"),
    *("[fec0::1]", "[fe80::1]", "[fe80::1%25lo]", "[fc00::1]", "[fd00:ec2::254]"),
    *("[ff02::1]", "[2001:db8::1]", "[3fff::1]"),
    *("10.0.0.1", "172.16.0.1", "172.31.255.254", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "100.100.100.200"),
    *("192.0.0.8", "192.0.2.1", "192.88.99.1", "198.51.100.1", "203.0.113.1"),
    *("224.0.0.1", "240.0.0.1", "255.255.255.255"),
    *("168.63.129.16", "[::ffff:169.254.169.254]", "[::ffff:10.0.0.1]", "[64:ff9b::a9fe:a9fe]"),
)
# Whole addresses that readers of addresses read differently. {at} is the canary.
TRICKS = (
    *("http://agency.example@{at}/", "http://agency.example:80@{at}/", "http://{at}\\@agency.example/"),
    *("http://agency.example\\@{at}/", "http://agency.example#@{at}/", "http://{at}#@agency.example/"),
    *("http://agency.example\t@{at}/", "http://{at}\n.agency.example/", "http://\t{at}/"),
    *(" http://{at}/", "http:/{at}/"),
    *("http:///{at}/", "http:\\\\{at}/", "//{at}/", "file:///etc/passwd"),
    *("gopher://{at}/_x", "ftp://{at}/", "dict://{at}/"),
    *("http://{at}\u0000.agency.example/", "http://agency.example\r\nHost: {at}/", "http://[::1/"),
    *("http://{at}:0/",),
    "http://[::ffff:127.0.0.1%25@agency.example]/",
)
PARTNERS_NAME = "partner.example"  # leads to the partner, and may be called
NEVER_PORTS = (
    22,
    23,
    25,
    53,
    110,
    135,
    139,
    389,
    445,
    1433,
    2375,
    3306,
    5432,
    5672,
    6379,
    9092,
    9200,
    11211,
    15672,
)
# What a name may lead to: one list of numbers for each time it is asked for.
NAMES: dict[str, tuple[Sequence[str], ...]] = {
    "inside.example": (["127.0.0.1"],),
    "inside6.example": (["::1"],),
    "mapped.example": (["::ffff:127.0.0.1"],),
    "translated.example": (["64:ff9b::7f00:1"],),
    "tunnelled.example": (["2002:7f00:1::"],),
    "compatible.example": (["::127.0.0.1"],),
    "unspecified.example": (["0.0.0.0"],),
    "both-ways.example": ([PARTNER, "127.0.0.1"],),
    "both-ways-round.example": (["127.0.0.1", PARTNER],),
    "clouds.example": (["169.254.169.254"],),
    "rebinding.example": ([PARTNER], ["127.0.0.1"]),
    "rebinding-later.example": ([PARTNER], [PARTNER], ["127.0.0.1"]),
    "rebinding6.example": ([PARTNER], ["::1"]),
}
