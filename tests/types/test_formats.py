"""Text forms of standard types: whatever a pattern allows is a value of the type, by an independent reader."""

import re
from datetime import date, datetime, time, timedelta, timezone
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from uuid import UUID

import pydantic
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outlines.types import formats

READERS = {
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "date-time": datetime.fromisoformat,
    "duration": pydantic.TypeAdapter(timedelta).validate_python,
    "uuid": UUID,
    "uuid4": pydantic.TypeAdapter(pydantic.UUID4).validate_python,
    "ipv4": IPv4Address,
    "ipv6": IPv6Address,
    "ipvanyaddress": ip_address,
    "ipv4network": IPv4Network,
    "ipv6network": IPv6Network,
    "ipvanynetwork": pydantic.TypeAdapter(pydantic.IPvAnyNetwork).validate_python,
    "ipv4interface": pydantic.TypeAdapter(pydantic.IPvAnyInterface).validate_python,
    "ipv6interface": pydantic.TypeAdapter(pydantic.IPvAnyInterface).validate_python,
    "ipvanyinterface": pydantic.TypeAdapter(pydantic.IPvAnyInterface).validate_python,
    "uri": pydantic.TypeAdapter(pydantic.HttpUrl).validate_python,
    "email": pydantic.TypeAdapter(pydantic.EmailStr).validate_python,
    "name-email": pydantic.TypeAdapter(pydantic.NameEmail).validate_python,
    "base64": pydantic.TypeAdapter(pydantic.Base64Bytes).validate_python,
    "base64url": pydantic.TypeAdapter(pydantic.Base64UrlBytes).validate_python,
}


@pytest.mark.parametrize("name", READERS)
def test_every_text_of_a_format_is_read(name):
    @settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
    @given(st.from_regex(re.compile(formats.FORMATS[name]), fullmatch=True))
    def check(text):
        READERS[name](text)

    check()


def test_dates_are_the_calendar():
    pattern = re.compile(formats.DATE)
    for year in [1, 4, 100, 400, 999, 1000, 1900, 1999, 2000, 2004, 2023, 2024, 2100, 9996, 9999]:
        for month in range(14):
            for day in range(33):
                text = f"{year:04}-{month:02}-{day:02}"
                try:
                    date(year, month, day)
                    real = True
                except ValueError:
                    real = False
                assert bool(pattern.fullmatch(text)) == real, text
    assert not pattern.fullmatch("0000-01-01")


def test_every_year_has_its_leap_day_or_not():
    pattern = re.compile(formats.DATE)
    for year in range(1, 10000):
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        assert bool(pattern.fullmatch(f"{year:04}-02-29")) == leap, year


@given(st.datetimes(), st.sampled_from([None, timezone.utc, timezone(timedelta(hours=-9, minutes=-30))]))
def test_every_datetime_can_be_written(value, zone):
    text = value.replace(tzinfo=zone).isoformat()
    assert re.fullmatch(formats.DATETIME, text)
    assert re.fullmatch(formats.DATETIME, text.replace("T", " "))
    assert bool(re.fullmatch(formats.AWARE_DATETIME, text)) == (zone is not None)
    assert bool(re.fullmatch(formats.NAIVE_DATETIME, text)) == (zone is None)


@given(st.ip_addresses(v=4), st.ip_addresses(v=6), st.uuids())
def test_every_address_can_be_written(four, six, identifier):
    assert re.fullmatch(formats.IPV4, str(four))
    # An address that embeds an IPv4 address may be written with dots; that form is left out.
    assert re.fullmatch(formats.IPV6, str(six)) or "." in str(six)
    assert bool(re.fullmatch(formats.uuid("4"), str(identifier))) == (identifier.version == 4)


@given(st.integers(0, 2**32 - 1), st.integers(0, 32))
def test_every_ipv4_network_can_be_written(address, prefix):
    network = IPv4Network((address, prefix), strict=False)
    assert re.fullmatch(formats.FORMATS["ipv4network"], str(network))


@pytest.mark.parametrize("text", ["24:00", "12:60", "12:00:60", "12:00+24:00", "1:00", "12:00:00.1", "12:00Z"])
def test_times_that_not_every_python_reads_are_left_out(text):
    assert not re.fullmatch(formats.TIME, text)
