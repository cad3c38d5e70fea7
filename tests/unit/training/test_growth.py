"""A network that grows goes on doing what it did, and learns with all of its parts."""

import pytest
import torch

from sagemaker_container.separation.models.band_split_network import BandSplitNetwork
from tests.unit.training.small_networks import SMALL, untrained
from training.config import load_config
from training.growth import grow


def network_of(arguments, weights):
    network = BandSplitNetwork(**arguments).eval()
    network.load_state_dict(weights)
    return network


@pytest.fixture
def small():
    return untrained()


def separated(network, mixture):
    with torch.inference_mode():
        return network(mixture)


def test_further_blocks_change_nothing_at_first(small):
    after = {**SMALL, "dilations": [1, 2, 2, 1]}
    large = network_of(after, grow(small.state_dict(), SMALL, after))
    mixture = torch.randn(1, 2, 9000)

    assert len(large.blocks) == 4
    assert torch.allclose(separated(large, mixture), separated(small, mixture), atol=1e-6)


def test_further_blocks_begin_to_learn_at_the_first_step(small):
    after = {**SMALL, "dilations": [1, 2, 1]}
    large = network_of(after, grow(small.state_dict(), SMALL, after))

    large(torch.randn(1, 2, 9000)).square().sum(dim=(0, 2, 3))[0].backward()

    for part in large.blocks[2]:
        assert not part.exit.weight.any()
        assert part.exit.weight.grad.abs().max() > 0
    copied = large.blocks[0][0].convolution.weight
    assert torch.equal(large.blocks[2][0].convolution.weight, copied)
    assert large.blocks[2][0].convolution.weight is not copied


def test_bins_that_are_masked_alike_can_become_cells(small):
    with torch.no_grad():
        for layer, axis, cells in ((small.entrance[2], 1, (25, 4, -1)), (small.exit[2], 2, (-1, 25, 4))):
            parts = layer.weight.unflatten(axis, cells)
            within = axis + 1 if axis == 1 else axis + 2
            layer.weight.copy_(
                parts.mean(dim=within, keepdim=True).expand_as(parts).reshape(layer.weight.shape)
            )
    after = {**SMALL, "bands": [[4, 4], [2, 16], [2, 100, 4]]}
    large = network_of(after, grow(small.state_dict(), SMALL, after))
    magnitudes, phases = small.features(small.spectrum(torch.randn(1, 2, 9000)))
    high = magnitudes[:, :, 48:].unflatten(2, (-1, 4))
    magnitudes[:, :, 48:] = high.mean(dim=3, keepdim=True).expand_as(high).flatten(2, 3)

    with torch.inference_mode():
        for grown, kept in zip(large.masks(magnitudes, phases), small.masks(magnitudes, phases), strict=True):
            assert torch.allclose(grown, kept, atol=1e-5)
    assert sum(weights.numel() for weights in large.parameters()) < sum(
        weights.numel() for weights in small.parameters()
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width": 16}, "further blocks and larger cells alone"),
        ({"bands": [[4, 4], [2, 16]]}, "further blocks and larger cells alone"),
        ({"bands": [[4, 4], [2, 16], [2, 48]]}, "further blocks and larger cells alone"),
        ({"dilations": [1]}, "further ones like them"),
        ({"dilations": [2, 1, 1]}, "further ones like them"),
        ({"dilations": [1, 2, 3]}, "further ones like them"),
    ],
)
def test_nothing_else_can_change(small, changes, message):
    with pytest.raises(ValueError, match=message):
        grow(small.state_dict(), SMALL, {**SMALL, **changes})


def test_cells_cannot_become_smaller(small):
    cells = {**SMALL, "bands": [[4, 4], [2, 16], [2, 100, 4]]}

    with pytest.raises(ValueError, match="further blocks and larger cells alone"):
        grow(grow(small.state_dict(), SMALL, cells), cells, SMALL)


def test_the_bundled_recipe_can_grow():
    recipe = load_config("foundry_4s")
    before = recipe.model_after(recipe.growth.at)
    grown = grow(BandSplitNetwork(**before).state_dict(), before, recipe.model)

    BandSplitNetwork(**recipe.model).load_state_dict(grown)
