"""What the tests of the running binary share: the process, raw clients, scripted services."""
