import pickle
from typing import Any

import numpy as np
import pytest
import torch
from torchmetrics.utilities import dim_zero_cat

from resgat.metrics.predictions import PredictionStore


def fill(store: PredictionStore, rows: Any, logits: Any) -> None:
    row = torch.tensor(rows)
    store.update(logit=torch.tensor(logits), label=(row % 2).float(), row=row, video_idx=row // 10)


def test_rows_come_sorted_and_once() -> None:
    store = PredictionStore()
    fill(store, [12, 3], [0.5, -1.0])
    fill(store, [5, 12], [2.0, 0.5])
    found = store.compute()
    np.testing.assert_array_equal(found.row, [3, 5, 12])
    np.testing.assert_array_equal(found.logit, [-1.0, 2.0, 0.5])
    np.testing.assert_array_equal(found.label, [1, 1, 0])
    np.testing.assert_array_equal(found.video_idx, [0, 0, 1])
    assert [array.dtype for array in found] == [np.int64, np.int64, np.int8, np.float32]


def test_nothing_added_is_an_empty_result() -> None:
    found = PredictionStore().compute()
    assert [array.shape for array in found] == [(0,)] * 4
    assert found.row.dtype == np.int64


def test_usable_again_after_reset_and_after_an_empty_result() -> None:
    store = PredictionStore()
    store.compute()
    fill(store, [1], [1.0])
    assert store.compute().row.tolist() == [1]
    store.reset()
    assert store.compute().row.size == 0
    fill(store, [4], [1.0])
    assert store.compute().row.tolist() == [4]


def test_gradients_are_let_go_and_half_precision_is_widened() -> None:
    store = PredictionStore()
    logit = torch.tensor([0.1, 0.2], dtype=torch.bfloat16, requires_grad=True)
    store.update(logit, torch.tensor([0, 1]), torch.tensor([0, 1]), torch.tensor([0, 0]))
    assert not store.logit[0].requires_grad
    assert store.compute().logit.dtype == np.float32


def test_it_survives_pickling() -> None:
    store = PredictionStore()
    fill(store, [2, 1], [1.0, 2.0])
    copy = pickle.loads(pickle.dumps(store))
    np.testing.assert_array_equal(copy.compute().row, store.compute().row)


@pytest.mark.parametrize("own_rows", [[], [4, 0]])
def test_two_processes_become_one(own_rows: Any) -> None:
    other = PredictionStore()
    fill(other, [2, 4], [7.0, 8.0])
    peers = iter([dim_zero_cat(getattr(other, name)) for name in other._reductions])

    def gather(own: Any, group: Any = None) -> Any:
        peer = next(peers)
        assert own.dtype == peer.dtype  # what a real gather demands
        return [own, peer]

    store = PredictionStore(dist_sync_fn=gather, distributed_available_fn=lambda: True)
    if own_rows:
        fill(store, own_rows, [8.0, 9.0])
    found = store.compute()
    assert found.row.tolist() == ([0, 2, 4] if own_rows else [2, 4])
    assert found.logit.tolist() == ([9.0, 7.0, 8.0] if own_rows else [7.0, 8.0])
