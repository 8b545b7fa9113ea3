import socket

import pytest

from resgat.app.serving import address, is_loopback, listen, own_names
from resgat.errors import ConfigError


def test_a_free_port_is_found_and_only_this_machine_reaches_it() -> None:
    with listen("127.0.0.1", None) as listening:
        port = listening.getsockname()[1]
        assert address(listening) == f"http://127.0.0.1:{port}/"
        assert is_loopback(listening)
        with socket.create_connection(("127.0.0.1", port)):
            pass


def test_every_address_of_the_machine_is_no_loopback() -> None:
    with listen("0.0.0.0", None) as listening:
        assert not is_loopback(listening)


@pytest.mark.parametrize(("host", "name"), [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")])
def test_what_only_this_machine_reaches_answers_to_its_own_names(host: str, name: str) -> None:
    with listen(host, None) as listening:
        assert set(own_names(listening)) == {"localhost", "127.0.0.1", name}
        assert address(listening).startswith(f"http://{name}:")


def test_what_others_reach_may_have_any_name() -> None:
    with listen("0.0.0.0", None) as listening:
        assert own_names(listening) == ["*"]


def test_a_port_that_is_taken_is_named_with_the_remedy() -> None:
    with listen("127.0.0.1", None) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port={port}: .*leave out port for a free one"):
            listen("127.0.0.1", port)


def test_a_foreign_address_is_named() -> None:
    with pytest.raises(ConfigError, match=r"host=192\.0\.2\.1 .*host=127\.0\.0\.1 is this machine"):
        listen("192.0.2.1", None)
