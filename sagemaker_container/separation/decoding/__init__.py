"""From an uploaded file to samples: what it is, how much it declares, what is really in it."""
