import pytest

from resgat.explain.grid import WITHOUT_NODES, view_grid


@pytest.mark.parametrize("own", [(7, 7), (1, 2), (2, 1)])
def test_a_model_with_nodes_is_shown_on_its_own_grid(own: tuple[int, int]) -> None:
    assert view_grid(own) == own


def test_one_node_tells_no_places_apart() -> None:
    assert view_grid((1, 1)) == WITHOUT_NODES == (14, 14)
