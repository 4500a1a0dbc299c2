"""`care doctor`: what an operator may have wrong, and what to do about each thing."""
