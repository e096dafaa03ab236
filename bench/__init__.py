"""Measures weir beside its peers. `bench/run --help` says how."""
