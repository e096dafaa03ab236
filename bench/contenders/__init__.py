"""Who is measured. A contender knows how it is started and why it may be missing; what is asked of it
is the suite's affair."""
