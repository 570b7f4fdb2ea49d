"""Messages between the policy server and its clients."""

import msgpack
import numpy as np
import pytest

from mygym_lite.errors import PolicyError
from mygym_lite.policies.remote.protocol import pack_message, unpack_message


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8", "int64", "bool", ">f4", "<U3"])
def test_arrays_survive_a_round_trip(dtype):
    array = np.arange(6).astype(dtype).reshape(2, 3)
    back = unpack_message(pack_message({"images": {"a": array}, "one": array[0, 0]}))
    assert np.array_equal(back["images"]["a"], array)
    assert back["images"]["a"].dtype == array.dtype
    assert back["one"] == array[0, 0]


@pytest.mark.parametrize("thing", [np.array([object()]), np.array([1j]), np.zeros(1, "V4"), {1, 2}])
def test_unsupported_values_cannot_be_packed(thing):
    with pytest.raises(TypeError, match="cannot be sent"):
        pack_message({"a": thing})


@pytest.mark.parametrize(
    "table",
    [
        {b"__ndarray__": True, b"data": b"12345678", b"dtype": "|O", b"shape": (1,)},
        {b"__ndarray__": True, b"data": b"1234", b"dtype": "<f4", b"shape": (2,)},
        {b"__ndarray__": True, b"dtype": "<f4", b"shape": (2,)},
        {b"__npgeneric__": True, b"data": "x", b"dtype": "<f4"},
        {b"__ndarray__": True, b"data": b"1234", b"dtype": "(1,", b"shape": (1,)},
        {b"__ndarray__": True, b"data": b"1234", b"dtype": "f4,f4", b"shape": (1,)},
        {b"__ndarray__": True, b"data": b"1234", b"dtype": "<f4", b"shape": (2**63,)},
    ],
)
def test_malformed_arrays_are_refused(table):
    with pytest.raises(PolicyError, match="not of openpi's protocol"):
        unpack_message(msgpack.packb(table))
