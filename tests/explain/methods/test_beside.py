import torch

from resgat.explain.methods.beside import logit_beside
from resgat.explain.probe import Passes
from tests.explain.methods.toys import Linear, faces, probe


def test_it_is_the_probes_logit_with_its_gradient_and_its_count() -> None:
    pixels = faces(2, 4).pixels.requires_grad_()
    with probe(Linear(torch.ones(4, 4))).open() as opened:
        logit = logit_beside(opened)(pixels)
        assert opened.passes == Passes(forward=2)
    torch.testing.assert_close(logit, pixels.sum((1, 2, 3)) - 1)
    (gradient,) = torch.autograd.grad(logit.sum(), pixels)
    torch.testing.assert_close(gradient, torch.ones(2, 3, 4, 4))
