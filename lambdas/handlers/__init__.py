"""Entry points of the functions: parse, call one function of the domain, answer."""
