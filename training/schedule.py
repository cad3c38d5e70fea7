"""How fast each step of a training run learns."""

import math

from training.config import TrainingConfig


def learning_rate(step: int, config: TrainingConfig) -> float:
    """Return the rate of a step.

    It rises linearly, stays level, falls with the inverse square root of the step, and cools down to the
    final share along half a cosine: the schedule of Zhai et al., "Scaling vision transformers", 2022. A
    restart rises to where the fall with the step would be without one.
    """
    stage = config.stage(step)
    start = decay_start(step, config)
    progress = min(1.0, max(0, step - start) / max(1, stage.stop - start))
    cosine = 0.5 * (1 + math.cos(math.pi * progress))
    low = config.final_learning_rate_share
    rising = min(1.0, (step - stage.start + 1) / config.warm_up_steps)
    falling = min(1.0, math.sqrt(config.level_steps / max(1, step)))
    return config.learning_rate * rising * falling * (low + (1 - low) * cosine)


def decay_start(step: int, config: TrainingConfig) -> int:
    """Return where the cool-down of a step's stage starts; until then nothing depends on the stage's end."""
    stage = config.stage(step)
    return stage.start + round(len(stage) * (1 - config.decay_share))
