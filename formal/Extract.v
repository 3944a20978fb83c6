(* The checking function in OCaml: integers by Zarith, places in lists by machine integers. *)

Require Import ExtrOcamlBasic ExtrOcamlZBigInt ExtrOcamlNatInt.
Require Import ZArith.
Require Import Polynomials Identity Rationals Matrices Programs Everywhere Faces Cells Symmetric Simplices Duals Points OnCones Verify.

Extract Constant Z.gcd => "Big_int_Z.gcd_big_int".
Extract Constant Z.ltb => "Big_int_Z.lt_big_int".
Extract Constant Z.leb => "Big_int_Z.le_big_int".

(* counted: budget.ml *)
Extract Constant Z.mul => "Budget.mul".
Extract Inlined Constant Nat.eqb => "Budget.eqb".
Extract Inlined Constant Nat.min => "Stdlib.min".
Extract Inlined Constant Nat.max => "Stdlib.max".
Extract Constant Nat.compare => "fun (n : int) m -> if n = m then Eq else if n < m then Lt else Gt".
Extract Inlined Constant Nat.leb => "Budget.leb".
Extract Constant List.nth => "Budget.nth".

Extraction "checker.ml" verify form_denominator combined block_denominator denominator_of moved
  cone_of linear_poly form_poly rest with_roots elements mul.
