"""Losses of TRL's GRPO trainer and their gradients, for the test beside this file.

    pip install trl==1.16.0
    python trainer/tests/golden/grpo_losses.py > trainer/tests/golden/grpo_losses.json

Its `_compute_loss` is called on numbers: the model's log-probabilities are given, and
everything that it asks of a trainer besides is what a single process answers.
"""

import json
from types import SimpleNamespace
from unittest.mock import MagicMock

import torch
from trl.trainer.grpo_trainer import GRPOTrainer

LENGTHS = [3, 1, 4]
MAX_LENGTH = 6
ADVANTAGES = [0.8, -1.1, 0.3]
CASES = [
    # loss type, level of the ratio, clip low and high, weight of the KL divergence
    ("grpo", "token", 0.2, 0.2, 0.0),
    ("dr_grpo", "token", 0.2, 0.2, 0.0),
    ("dapo", "token", 0.2, 0.28, 0.0),
    ("grpo", "sequence", 0.03, 0.04, 0.0),
    ("dapo", "token", 0.2, 0.28, 0.05),
]


def rows(generator, mean, spread):
    """Log-probabilities of every token; padding is 0."""
    numbers = mean + spread * torch.randn(len(LENGTHS), max(LENGTHS), generator=generator)
    return numbers * mask()


def mask():
    columns = torch.arange(max(LENGTHS))
    return (columns < torch.tensor(LENGTHS)[:, None]).float()


def trainer(loss_type, level, low, high, beta, log_probs):
    args = SimpleNamespace(use_bias_correction_kl=False, delta=None, steps_per_generation=1)
    return SimpleNamespace(
        _get_per_token_logps_and_entropies=lambda *_, **__: (log_probs, torch.zeros_like(log_probs), None),
        aux_loss_enabled=False,
        top_entropy_quantile=1.0,
        off_policy_mask_threshold=None,
        importance_sampling_level=level,
        beta=beta,
        args=args,
        loss_type=loss_type,
        epsilon_low=low,
        epsilon_high=high,
        use_vllm=True,
        vllm_importance_sampling_correction=True,
        max_completion_length=MAX_LENGTH,
        model=SimpleNamespace(training=False),
        accelerator=SimpleNamespace(
            num_processes=1,
            gather=lambda tensor: tensor,
            gather_for_metrics=lambda tensor: tensor,
            reduce=lambda tensor, reduction: tensor,
        ),
        current_gradient_accumulation_steps=1,
        _entropy_bonus_enabled=False,
        _metrics=MagicMock(),
    )


def case(settings, seed):
    loss_type, level, low, high, beta = settings
    generator = torch.Generator().manual_seed(seed)
    before = rows(generator, -1.5, 0.3)
    log_probs = (before + rows(generator, 0.0, 0.25)).requires_grad_()
    reference, weights = before + rows(generator, 0.0, 0.2), rows(generator, 1.0, 0.2)
    ids = torch.zeros(len(LENGTHS), max(LENGTHS), dtype=torch.long)
    inputs = {
        "prompt_ids": ids,
        "prompt_mask": torch.ones_like(ids),
        "completion_ids": ids,
        "completion_mask": mask(),
        "advantages": torch.tensor(ADVANTAGES),
        "old_per_token_logps": before,
        "ref_per_token_logps": reference,
        "importance_sampling_ratio": weights,
        "num_items_in_batch": mask().sum(),
    }
    loss = GRPOTrainer._compute_loss(trainer(*settings, log_probs), None, inputs)
    loss.backward()
    given = {"log_probs": log_probs, "before": before, "reference": reference, "weights": weights}
    given["slopes"] = log_probs.grad
    told = {
        name: [row[:length].tolist() for row, length in zip(numbers, LENGTHS)]
        for name, numbers in given.items()
    }
    kind = {"loss_type": loss_type, "level": level, "clip": [low, high], "kl_weight": beta}
    return kind | told | {"advantages": ADVANTAGES, "loss": loss.item(), "max_length": MAX_LENGTH}


cases = [case(settings, seed) for seed, settings in enumerate(CASES)]
print(json.dumps({"trl": __import__("trl").__version__, "cases": cases}, indent=1))
