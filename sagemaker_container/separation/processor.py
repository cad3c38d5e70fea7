"""What this machine's processor is good at."""

import torch


def is_fast_in_bf16() -> bool:
    """Whether the CPU multiplies matrices in bfloat16 faster than in fp32.

    Matrix units do, and so do AMD's vector instructions for bfloat16. Intel's alone do not: on an Emerald
    Rapids whose matrix units are not passed on to the virtual machine, torch reached 85 GFLOP/s per core with
    them, and 151 in fp32.
    """
    capabilities = torch.cpu.get_capabilities()
    if capabilities.get("amx_bf16", False):
        return True
    return capabilities.get("avx512_bf16", False) and not capabilities.get("cpu_name", "").startswith("Intel")
