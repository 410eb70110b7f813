"""Where a webhook may go: only to others."""

import pytest

from integrations.public_address import is_loopback, is_public

OURS = [
    *("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1"),
    *("10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "198.18.0.1", "::ffff:10.0.0.1"),
    *("fd00:ec2::254", "fec0::1", "fe80::1", "fe80::1%eth0", "ff02::1", "2001:db8::1", "::"),
    *("169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1"),
    *("0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1"),
    *("2002:7f00:1::", "2001:0:1::1"),
]


@pytest.mark.parametrize("address", OURS)
def test_no_address_of_this_machine_or_its_network_is_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"])
def test_addresses_of_others_are_public(address):
    assert is_public(address)
    assert not is_loopback(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_loopback_is_known_in_every_spelling(address):
    assert is_loopback(address)
