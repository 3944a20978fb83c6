"""Index and exact arithmetic: packed symmetric matrices, monomials, ragged arrays, rational linear algebra."""
