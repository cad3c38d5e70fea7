"""A band-split network that runs in milliseconds."""

import torch

from sagemaker_container.separation.models.band_split_network import BandSplitNetwork
from training.sources import SOURCES

SMALL = {
    "sources": list(SOURCES),
    "fft_size": 1024,
    "hop": 256,
    "bands": [[4, 4], [2, 16], [2, 100]],
    "corrected_groups": 1,
    "width": 8,
    "dilations": [1, 2],
    "taps": 3,
    "heads": 2,
    "segment_seconds": 1,
}


def untrained(**changes):
    torch.manual_seed(0)
    network = BandSplitNetwork(**{**SMALL, **changes}).eval()
    # Initial masks are nearly equal, which would hide mistakes.
    for layer in network.exit:
        torch.nn.init.normal_(layer.weight)
    return network
