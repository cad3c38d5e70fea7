"""Two optimisers that share a learning rate: Muon for matrices between layers, AdamW for everything else."""

from typing import Any

from torch import nn
from torch.optim import AdamW, Muon

from sagemaker_container.separation.models.band_split_network import BandSplitNetwork

MATRIX_DIMENSIONS = 2


class Optimisers:
    """Muon (Jordan et al., 2024) and AdamW as one.

    Muon's updates are scaled like AdamW's (Liu et al., "Muon is scalable for LLM training", 2025), so that
    one learning rate serves both. Vectors, biases and embeddings do not decay.
    """

    def __init__(self, model: BandSplitNetwork, learning_rate: float, weight_decay: float) -> None:
        matrices = [weight for weight in model.blocks.parameters() if weight.ndim == MATRIX_DIMENSIONS]
        bandwise = [layer.weight for layer in (*model.entrance, *model.exit)]
        taken = {id(weight) for weight in (*matrices, *bandwise)}
        others: list[nn.Parameter] = [weight for weight in model.parameters() if id(weight) not in taken]
        self._parts = (
            Muon(matrices, learning_rate, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw"),
            AdamW(
                [
                    {"params": bandwise, "weight_decay": weight_decay},
                    {"params": others, "weight_decay": 0.0},
                ],
                learning_rate,
                betas=(0.9, 0.98),
            ),
        )

    def set_learning_rate(self, rate: float) -> None:
        """Use a rate for the next step."""
        for part in self._parts:
            for group in part.param_groups:
                group["lr"] = rate

    def zero_grad(self) -> None:
        """Forget gradients."""
        for part in self._parts:
            part.zero_grad()

    def step(self) -> None:
        """Change the weights along their gradients."""
        for part in self._parts:
            part.step()  # type: ignore[no-untyped-call]

    def state_dict(self) -> list[dict[str, Any]]:
        """Return the state of both."""
        return [part.state_dict() for part in self._parts]

    def load_state_dict(self, states: list[dict[str, Any]]) -> None:
        """Restore the state of both."""
        for part, state in zip(self._parts, states, strict=True):
            part.load_state_dict(state)
