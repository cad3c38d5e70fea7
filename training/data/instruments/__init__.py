"""Sound sources of the wide songs: sampled instruments, synthesisers, strings and amplifiers."""
