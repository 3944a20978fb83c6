"""Any quadratic program: the value, how it is given, its lift, its presolve and its solution."""
