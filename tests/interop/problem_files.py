"""Small quadratic programs in every format, and what can be wrong with such files.

VALID: ending ↦ a file, which states `min x y − x/10` over 0 ≤ x ≤ 1, −2 ≤ y ≤ 3, y integer, x + y ≤ 3/2, in its own way
where the format can. WRONG: ending ↦ rows (what is wrong, text that is replaced, by what, piece of the message); "" as
the text that is replaced means the whole file.
"""

BINARY = b"\xff\x00\x9c"  # neither UTF-8 nor UTF-16

VALID = {
    ".qplib": """small
QGL # objective, variables, constraints
minimize
2 # variables
1 # constraint
1 # nonzeros of the lower triangle of Q
2 1 2
0 # default of the linear terms
1 # others
1 -0.1
0 # constant
2 # linear terms of constraints
1 1 1
1 2 1
1e30 # infinity
-1e30 # default left-hand side
0
1.5 # default right-hand side
0
0 # default lower bound
1
2 -2
1 # default upper bound
1
2 3
0 # default kind
1
2 1
0 # default starting point
0
0 # default multipliers
0
0 # default multipliers of bounds
0
2 # names of variables
1 x
2 y
0 # names of constraints
""",
    ".lp": r"""\ small
Minimize
 cost: - 0.1 x + [ 2 x * y ] / 2
Subject To
 c1: x + y <= 1.5
Bounds
 x <= 1
 -2 <= y <= 3
Generals
 y
End
""",
    ".mps": """* small
NAME small
ROWS
 N  cost
 L  c1
COLUMNS
    x  cost  -0.1   c1  1
    MARKER  'MARKER'  'INTORG'
    y  c1  1
    MARKER  'MARKER'  'INTEND'
RHS
    RHS  c1  1.5
BOUNDS
 UP BND  x  1
 LO BND  y  -2
 UP BND  y  3
QUADOBJ
    x  y  1
ENDATA
""",
    ".nl": """g3 1 1 0	# problem unknown
 2 1 1 0 0 	# vars, constraints, objectives, ranges, eqns
 0 1 0 0 0 0	# nonlinear constrs, objs; ccons: lin, nonlin, nd, nzlb
 0 0	# network constraints: nonlinear, linear
 0 2 0 	# nonlinear vars in constraints, objectives, both
 0 0 0 1	# linear network variables; functions; arith, flags
 0 0 0 0 1 	# discrete variables: binary, integer, nonlinear (b,c,o)
 2 2 	# nonzeros in Jacobian, obj. gradient
 2 1	# max name lengths: constraints, variables
 0 0 0 0 0	# common exprs: b,c,o,c1,o1
C0
n0
O0 0
o2
v0
v1
x0	# initial guess
r	#1 ranges (rhs's)
1 1.5
b	#2 bounds (on variables)
0 0 1
0 -2 3
k1	#intermediate Jacobian column lengths
1
J0 2
0 1
1 1
G0 2
0 -0.1
1 0
""",
    ".in": "2\n-1.5 2\n3 -1 \n-1 0.5\n",
    ".mc": "# made by rudy\n4 4\n1 2 1\n2 3 -0.5\n3 4 2\n1 4 1\n",
    ".sparse": "3 4\n1 1 -2\n1 2 1\n2 3 -0.1\n3 3 1\n",
    ".qubo": "c made by hand\np qubo 0 3 2 2\n0 0 -2\n2 2 1\n0 1 1\n1 2 -0.1\n",
    ".mtx": "%%MatrixMarket matrix coordinate real symmetric\n2 2 2\n1 1 1/3\n2 1 -0.5\n",
}

WRONG = {
    ".qplib": [
        ("empty", "", b"", "line 1: the file ends"),
        ("other encoding", "small", BINARY, "line 1: byte 0xFF"),
        ("ends early", "0 # names of constraints\n", "", "line 37: the file ends"),
        ("letters", "QGL", "QXL", "line 2: expected a letter of each"),
        ("sense", "minimize", "smallest", "line 3: expected minimize or maximize"),
        ("huge size", "2 # variables", "99999999999 # variables", "line 4: expected the number of variables"),
        ("fewer entries", "1 # nonzeros", "900000 # nonzeros", "line 6: announces 900000 entries"),
        ("more entries", "2 1 2\n0 # default of the l", "2 1 2\n1 1 1\n0 # default of the l", "line 12: expected con"),
        ("index", "2 1 2\n", "3 1 1\n", "line 7: expected a variable, an integer from 1 to 2, got '3'"),
        ("upper triangle", "2 1 2\n", "1 2 1\n", "line 7: row 1, column 2 is above the diagonal"),
        ("twice", "1 1 1\n1 2 1\n", "1 1 1\n1 1 1\n", "line 14: this entry was given in line 13 already"),
        ("no number", "1 -0.1", "1 nan", "line 10: 'nan' is a missing value"),
        ("wrong side", "0 # default lower", "1e30 # default lower", "line 20: one of the lower bounds"),
        ("kind", "0 # default kind", "3 # default kind", "line 26: expected one of 0, 1, 2"),
        ("two of one name", "2 y", "2 x", "line 38: two variables have one name"),
        ("more after the end", "0 # names of constraints\n", "0\nmore\n", "line 39: expected the end of the file"),
    ],
    ".lp": [
        ("empty", "", b"", "line 1: expected Minimize or Maximize"),
        ("other encoding", "small", BINARY, "line 1: byte 0xFF"),
        ("ends early", "Generals\n y\nEnd\n", "", "line 8: the file ends; expected the line End"),
        ("ends in a bracket", "y ] / 2\nSub", "y\nSub", "line 4: expected +, - or ]"),
        ("no half", "] / 2", "]", "line 4: expected / 2 after the bracket"),
        ("cube", "x * y", "x ^ 3", "line 3: expected the exponent 2"),
        ("not a number", "1.5", "nan", "line 5: expected a number, got 'nan'"),
        ("number with two points", "1.5", "1.5.2", "line 5: '1.5.2' begins with no number"),
        ("missing operator", "x + y <=", "x y <=", "line 5: expected +, - or a relation"),
        ("unknown integer", "Generals\n y", "Generals\n z", "line 10: there is no variable 'z'"),
        ("row twice", " c1: x + y <= 1.5\n", " c1: x + y <= 1.5\n c1: x <= 2\n", "line 6: a constraint 'c1' was given"),
        ("bound twice", " x <= 1\n", " x <= 1\n x <= 2\n", "line 8: the upper bound was given in line 7 already"),
        ("negative upper bound alone", " x <= 1\n", " x <= -1\n", "line 7: a negative upper bound without a lower"),
        ("infinite on the wrong side", "-2 <= y", "inf <= y", "line 8: a bound that is infinite on the wrong side"),
        ("mixed range", "-2 <= y <= 3", "-2 <= y >= 3", "line 8: expected low <= variable <= high"),
        ("order", "Subject To\n c1: x + y <= 1.5\nBounds\n x <= 1\n -2 <= y <= 3\n",
         "Bounds\n x <= 1\n -2 <= y <= 3\nSubject To\n c1: x + y <= 1.5\n", "line 7: the constraints come before"),
        ("section twice", "Generals", "Bounds\n x >= 0\nGenerals", "line 9: this section began in line 6 already"),
        ("semi-continuous", "Generals", "Semi-continuous", "line 9: has semi-continuous variables"),
        ("general constraints", "Generals\n y", "General Constraints\n c: z = MAX ( x , y )", "line 9: has general"),
        ("after the end", "End\n", "End\nBounds\n x <= 2\n", "line 12: expected nothing after End"),
        ("no operator", "x + y", "x ? + y", "line 5: "),
        ("huge exponent", "1.5", "1.5e99999999", "line 5: '1.5e99999999' is no number"),
    ],
    ".mps": [
        ("empty", "", b"", "line 1: the file ends; expected ENDATA"),
        ("other encoding", "small", BINARY, "line 1: byte 0xFF"),
        ("ends early", "ENDATA\n", "", "line 18: the file ends; expected ENDATA"),
        ("order", "ROWS\n N  cost\n L  c1\n", "", "line 3: the section COLUMNS comes after ROWS"),
        ("unknown section", "BOUNDS", "BOUND", "line 13: expected one of the sections"),
        ("section twice", "QUADOBJ", "RHS\nQUADOBJ", "line 17: the section 'RHS' was given in line 11 already"),
        ("unknown row", "y  c1  1", "y  c2  1", "line 9: there is no row 'c2'"),
        ("row twice", " L  c1\n", " L  c1\n G  c1\n", "line 6: the row 'c1' was given in line 5 already"),
        ("entry twice", "y  c1  1", "y  c1  1  c1  2", "line 9: the entry 'y c1' was given in line 9 already"),
        ("column continued", "    y  c1  1\n", "    y  c1  1\n    x  c1  1\n", "line 10: the column 'x' was given"),
        ("no number", "-0.1", "nan", "line 7: 'nan' is a missing value"),
        ("infinite coefficient", "-0.1", "-Inf", "line 7: '-Inf' is not finite"),
        ("words missing", "RHS  c1  1.5", "c1", "line 12: expected one or two pairs"),
        ("no objective", " N  cost\n", " L  cost\n", "line 6: no row N, so there is no objective"),
        ("markers", "    MARKER  'MARKER'  'INTEND'\n", "", "line 10: the integers that began with INTORG"),
        ("kind of bound", " UP BND  x  1", " XX BND  x  1", "line 14: expected a bound LO, UP"),
        ("semi-continuous", " UP BND  x  1", " SC BND  x  1", "line 14: expected a bound LO, UP"),
        ("bound twice", " UP BND  y  3", " LO BND  y  3", "line 16: the bound 'l y' was given in line 15 already"),
        ("negative upper bound alone", " UP BND  x  1", " UP BND  x  -1", "line 14: a negative upper bound without"),
        ("wrong side", " UP BND  x  1", " UP BND  x  -1e30", "line 14: a bound that is infinite on the wrong side"),
        ("second set", " LO BND  y", " LO BND2  y", "line 15: a second set of BOUNDS"),
        ("product twice", "    x  y  1\n", "    x  y  1\n    y  x  1\n", "line 19: the product"),
        ("not symmetric", "QUADOBJ", "QMATRIX", "line 18: this entry and its mirror image differ"),
        ("after the end", "ENDATA\n", "ENDATA\nRHS\n", "line 20: expected nothing after ENDATA"),
    ],
    ".nl": [
        ("empty", "", b"", "line 1: the file ends"),
        ("other encoding", "problem unknown", BINARY, "line 1: byte 0xFF"),
        ("the binary form", "", b"b3 1 1 0\n\x00\x01", "line 1: the binary form"),
        ("not this format", "g3", "h3", "line 1: expected g3 1 1 0"),
        ("ends in the head", "", "g3 1 1 0\n 2 1 1 0 0\n", "line 2: the file ends"),
        ("ends early", "0 -0.1\n1 0\n", "", "line 28: announces 2 lines, and 0 are left"),
        ("huge size", " 2 1 1 0 0", " 99999999999 1 1 0 0", "line 2: announces 99999999999 variables"),
        ("numbers of variables", " 0 2 0 ", " 0 2 5 ", "line 5: the numbers of nonlinear and discrete variables"),
        ("complementarity", " 0 1 0 0 0 0", " 0 1 1 0 0 0", "line 3: has complementarity constraints"),
        ("index", "v1", "v7", "line 16: expected a variable, an integer from 0 to 1, got '7'"),
        ("operator", "o2\nv0\nv1", "o44\nv0", "line 14: the operator o44 (exp)"),
        ("degree", "o2\nv0\nv1", "o2\nv0\no5\nv1\nn2", "line 14: a product of degree above 2"),
        ("no number", "1 1.5", "1 nan", "line 19: 'nan' is a missing value"),
        ("kind of bound", "variables)\n0 0 1", "variables)\n7 0 1", "line 21: expected a kind of bounds"),
        ("wrong side", "1 1.5", "1 -1e30", "line 19: a bound that is infinite on the wrong side"),
        ("twice", "J0 2\n0 1\n1 1", "J0 2\n0 1\n0 1", "line 27: the variable 0 was given already"),
        ("segment twice", "J0 2\n0 1\n1 1\n", "J0 1\n0 1\nJ0 1\n1 1\n", "line 27: the segment 'J0' was given"),
        ("unknown segment", "J0 2", "Q0 2", "line 25: expected a segment"),
        ("no bounds", "b	#2 bounds (on variables)\n0 0 1\n0 -2 3\n", "", "line 27: the file ends without"),
        ("special ordered sets", "J0 2", "S0 1 sosno\n0 1\nJ0 2", "line 25: expected a suffix that makes no special"),
        ("expression ends", "k1", "O1 0\no2\nk1", "line 23: expected an index"),
    ],
    ".in": [
        ("empty", "", b"", "line 1: the file ends"),
        ("other encoding", "2\n-1.5", b"2\n\xff\xff", "line 2: byte 0xFF"),
        ("zero byte", "0.5", "0.5\x00", "line 4: holds a zero byte"),
        ("ends early", "-1 0.5\n", "", "line 3: expected 3 lines of 2 numbers"),
        ("too long", "-1 0.5\n", "-1 0.5\n1 1\n", "line 5: expected 3 lines of 2 numbers"),
        ("short row", "3 -1 ", "3", "line 3: expected 2 numbers, row 1 of Q"),
        ("no size", "2\n-1.5", "two\n-1.5", "line 1: expected the number of variables"),
        ("huge size", "2\n-1.5", "9999999999\n-1.5", "line 1: expected the number of variables"),
        ("negative size", "2\n-1.5", "-2\n-1.5", "line 1: expected the number of variables"),
        ("no number", "0.5", "nan", "line 4: 'nan' is a missing value"),
        ("infinite", "0.5", "inf", "line 4: 'inf' is not finite"),
        ("comma", "0.5", "0,5", "line 4: '0,5' has a comma"),
    ],
    ".mc": [
        ("empty", "", b"", "line 1: the file ends"),
        ("other encoding", "made", BINARY, "line 1: byte 0xFF"),
        ("ends early", "1 4 1\n", "", "line 5: 4 entries are announced"),
        ("too long", "1 4 1\n", "1 4 1\n1 3 1\n", "line 7: 4 entries are announced"),
        ("huge size", "4 4", "99999999999 4", "line 2: expected the numbers of vertices and edges"),
        ("index", "1 4 1", "1 5 1", "line 6: expected an index, an integer from 1 to 4, got '5'"),
        ("index 0", "1 4 1", "0 4 1", "line 6: expected an index"),
        ("loop", "1 4 1", "4 4 1", "line 6: the edge from 4 to itself"),
        ("twice", "1 4 1", "2 1 1", "line 6: the entry 2 1 was given in line 3 already"),
        ("no weight", "1 4 1", "1 4", "line 6: expected two indices and a number"),
        ("no number", "1 4 1", "1 4 nan", "line 6: 'nan' is a missing value"),
        ("index is no integer", "1 4 1", "1.5 4 1", "line 6: expected an index"),
    ],
    ".sparse": [
        ("empty", "", b"", "line 1: the file ends"),
        ("other encoding", "1 1 -2", b"1 1 \xff", "line 2: byte 0xFF"),
        ("ends early", "3 3 1\n", "", "line 4: 4 entries are announced"),
        ("too long", "3 3 1\n", "3 3 1\n1 3 1\n", "line 6: 4 entries are announced"),
        ("huge size", "3 4", "3 99999999999", "line 1: expected the numbers of variables and entries"),
        ("no size", "3 4", "3", "line 1: expected the numbers of variables and entries"),
        ("index", "3 3 1", "3 4 1", "line 5: expected an index, an integer from 1 to 3"),
        ("mirror image", "3 3 1", "2 1 1", "line 5: the entry 2 1 was given in line 3 already"),
        ("no value", "3 3 1", "3 3", "line 5: expected two indices and a number"),
        ("no number", "3 3 1", "3 3 x", "line 5: 'x' is no number"),
        ("denominator", "3 3 1", "3 3 1/0", "line 5: '1/0' has the denominator 0"),
    ],
    ".qubo": [
        ("empty", "", b"", "line 1: the file ends"),
        ("other encoding", "made", BINARY, "line 1: byte 0xFF"),
        ("no head", "p qubo 0 3 2 2\n", "", "line 2: expected 'p qubo"),
        ("other head", "p qubo 0 3 2 2", "p cnf 0 3 2 2", "line 2: expected 'p qubo"),
        ("ends early", "1 2 -0.1\n", "", "line 5: 4 entries are announced"),
        ("huge size", "0 3 2 2", "0 99999999999 2 2", "line 2: expected the number of variables"),
        ("index", "1 2 -0.1", "1 3 -0.1", "line 6: expected an index, an integer from 0 to 2, got '3'"),
        ("twice", "1 2 -0.1", "1 0 -0.1", "line 6: the entry 1 0 was given in line 5 already"),
        ("diagonal", "1 2 -0.1", "1 1 -0.1", "line 6: more entries of the diagonal"),
        ("too few of the diagonal", "2 2 1", "2 0 1", "line 6: 1 fewer entries of the diagonal"),
        ("no number", "1 2 -0.1", "1 2 1e", "line 6: '1e' is no number"),
    ],
    ".mtx": [
        ("empty", "", b"", "line 1: expected '%%MatrixMarket"),
        ("other encoding", "1 1 1/3", b"1 1 \xff", "line 3: byte 0xFF"),
        ("ends early", "2 1 -0.5\n", "", "announces 2 entries and has 1"),
        ("huge size", "2 2 2", "99999999 99999999 2", "line 2: announces sizes"),
        ("not square", "symmetric\n2 2 2", "general\n2 3 2", "expected a square one"),
        ("index", "2 1 -0.5", "3 1 -0.5", "line 4: entry (3, 1) is outside"),
        ("mirror image", "2 1 -0.5", "1 1 -0.5", "line 4: entry (1, 1)"),
        ("no number", "2 1 -0.5", "2 1 nan", "line 4: 'nan' is a missing value"),
        ("complex", "real", "complex", "line 1: expected a coordinate or array"),
        ("skew", "real symmetric", "real skew-symmetric", "line 1: expected a general or symmetric matrix"),
        ("no sizes", "2 2 2\n", "", "line 2: expected a line with the sizes"),
    ],
}  # fmt: skip


def wrong_files():
    """(ending, what is wrong, content, message) of all rows."""
    for ending, rows in WRONG.items():
        for what, old, new, message in rows:
            text = VALID[ending]
            if not old:
                content = new.encode() if isinstance(new, str) else new
            else:
                assert text.count(old) >= 1, (ending, what)
                head, _, tail = text.partition(old)
                content = head.encode() + (new.encode() if isinstance(new, str) else new) + tail.encode()
            yield ending, what, content, message
