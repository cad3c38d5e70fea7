"""What mixing and mastering engineers do, with every master a gain or filter that all stems share."""
