(* What is claimed: definitions only, to be read by whoever does not want to read the proofs.

   Data are rational (Q); every statement is about real vectors x : nat -> R, of which only the first n entries matter.
   Sums run over lists: sum f [a; b; …] = f a + f b + … *)

Require Import List Reals QArith Qreals ZArith.
Import ListNotations.
Open Scope R_scope.

Definition sum {A} (f : A -> R) (l : list A) : R := fold_right (fun a s => f a + s) 0 l.
Definition below (n : nat) : list nat := seq 0 n.                     (* 0, 1, …, n − 1 *)
Definition vector := nat -> R.
Definition bilinear (n : nat) (A : nat -> nat -> R) (x y : vector) : R :=
  sum (fun i => sum (fun j => A i j * x i * y j) (below n)) (below n).  (* x'Ay *)
Definition PSD (n : nat) (A : nat -> nat -> R) : Prop := forall x, 0 <= bilinear n A x x.

(* ---- matrices, given by their rows ---- *)

Definition matrix := list (list Q).
Definition entry (M : matrix) (i j : nat) : R := Q2R (nth j (nth i M []) 0%Q).
Definition order (M : matrix) : nat := length M.
Definition form_of (M : matrix) (x : vector) : R := bilinear (order M) (entry M) x x.       (* x'Mx *)
Definition nonnegative (x : vector) : Prop := forall i, 0 <= x i.

Definition copositive (M : matrix) : Prop := forall x, nonnegative x -> 0 <= form_of M x.
Definition strictly_copositive (M : matrix) : Prop :=
  forall x, nonnegative x -> (exists i, (i < order M)%nat /\ x i <> 0) -> 0 < form_of M x.
Definition completely_positive (M : matrix) : Prop :=
  exists bs : list vector, (forall b, In b bs -> nonnegative b) /\
    forall i j, (i < order M)%nat -> (j < order M)%nat -> entry M i j = sum (fun b => b i * b j) bs.

(* ---- programs: min <C, Y>, <A_i, Y> = b_i, Y in the closed convex cone of all atoms xx' ---- *)

Definition linear := list (nat * Q).                                  (* (v, c): the term c x_v *)
Definition form := list (nat * nat * Q).                              (* (v, w, c): the term c x_v x_w *)
Record block := { rows : nat; entries : list (nat * nat * nat * Q) }. (* (i, j, v, c): c x_v at (i, j), i <= j *)
Record program := {
  dim : nat;
  blocks : list block;                                                (* B_k(x) ⪰ 0 *)
  generators : list form;                                             (* g(x) >= 0 *)
  vanishing : list form;                                              (* E_j(x) = 0 *)
  objective : form;                                                   (* C *)
  equations : list (form * Q)                                         (* A_i, b_i *)
}.

Definition at_linear (a : linear) (x : vector) : R := sum (fun t => Q2R (snd t) * x (fst t)) a.
Definition pairing (f : form) (Y : nat -> nat -> R) : R :=            (* <A, Y> *)
  sum (fun t => match t with (v, w, c) => Q2R c * Y v w end) f.
Definition outer (x : vector) (v w : nat) : R := x v * x w.           (* xx' *)
Definition at_form (f : form) (x : vector) : R := pairing f (outer x).

Definition block_at (B : block) (x : vector) (i j : nat) : R :=
  sum (fun e => match e with (a, b, v, c) =>
    if (Nat.eqb a (Nat.min i j) && Nat.eqb b (Nat.max i j))%bool then Q2R c * x v else 0 end) (entries B).
Definition atom (p : program) (x : vector) : Prop :=
  (forall B, In B (blocks p) -> PSD (rows B) (block_at B x)) /\
  (forall g, In g (generators p) -> 0 <= at_form g x) /\
  (forall E, In E (vanishing p) -> at_form E x = 0).

Definition mixture (m : list (R * vector)) (v w : nat) : R := sum (fun t => fst t * outer (snd t) v w) m.
Definition of_atoms (p : program) (m : list (R * vector)) : Prop :=
  forall w x, In (w, x) m -> 0 <= w /\ atom p x.
Definition in_cone (p : program) (Y : nat -> nat -> R) : Prop :=      (* the closed convex cone *)
  forall eps, 0 < eps -> exists m, of_atoms p m /\
    forall i j, (i < dim p)%nat -> (j < dim p)%nat -> Rabs (Y i j - mixture m i j) <= eps.
Definition feasible (p : program) (Y : nat -> nat -> R) : Prop :=
  in_cone p Y /\ forall A b, In (A, b) (equations p) -> pairing A Y = Q2R b.

(* ---- a matrix on a cone: x'Mx for x = Tu, u in the cone of a program without objective and equations ---- *)

Definition linear_map := list (nat * nat * Q).                        (* (i, v, c): c u_v in coordinate i *)
Definition image_of (T : linear_map) (u : vector) (i : nat) : R :=    (* (Tu)_i *)
  sum (fun t => match t with (j, v, c) => if Nat.eqb j i then Q2R c * u v else 0 end) T.
Definition not_zero (n : nat) (x : vector) : Prop := exists i, (i < n)%nat /\ x i <> 0.
Definition copositive_on (M : matrix) (T : linear_map) (p : program) : Prop :=
  forall u, atom p u -> 0 <= form_of M (image_of T u).
Definition strictly_copositive_on (M : matrix) (T : linear_map) (p : program) : Prop :=
  forall u, atom p u -> not_zero (order M) (image_of T u) -> 0 < form_of M (image_of T u).

(* ---- the questions a certificate can answer ---- *)

Inductive claim :=
| Copositive (M : matrix)
| NotCopositive (M : matrix)
| StrictlyCopositive (M : matrix)
| NotStrictlyCopositive (M : matrix)
| CompletelyPositive (M : matrix)
| NotCompletelyPositive (M : matrix)
| CopositiveOn (M : matrix) (T : linear_map) (p : program)
| NotCopositiveOn (M : matrix) (T : linear_map) (p : program)
| StrictlyCopositiveOn (M : matrix) (T : linear_map) (p : program)
| NotStrictlyCopositiveOn (M : matrix) (T : linear_map) (p : program)
| FormCopositive (p : program)
| FormNotCopositive (p : program)
| LowerBound (p : program) (b : Q)
| UpperBound (p : program) (b : Q)
| Infeasible (p : program).

Definition holds (c : claim) : Prop :=
  match c with
  | Copositive M => copositive M
  | NotCopositive M => ~ copositive M
  | StrictlyCopositive M => strictly_copositive M
  | NotStrictlyCopositive M => ~ strictly_copositive M
  | CompletelyPositive M => completely_positive M
  | NotCompletelyPositive M => ~ completely_positive M
  | CopositiveOn M T p => copositive_on M T p
  | NotCopositiveOn M T p => ~ copositive_on M T p
  | StrictlyCopositiveOn M T p => strictly_copositive_on M T p
  | NotStrictlyCopositiveOn M T p => ~ strictly_copositive_on M T p
  | FormCopositive p => forall Y, in_cone p Y -> 0 <= pairing (objective p) Y
  | FormNotCopositive p => exists x, atom p x /\ at_form (objective p) x < 0
  | LowerBound p b => forall Y, feasible p Y -> Q2R b <= pairing (objective p) Y
  | UpperBound p b => exists Y, feasible p Y /\ pairing (objective p) Y <= Q2R b
  | Infeasible p => forall Y, ~ feasible p Y
  end.
