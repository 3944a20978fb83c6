(* The checking function, and the theorem: what it accepts is true. *)

Require Import List Reals Lra Lia ZArith QArith Qreals Bool Psatz.
Require Import Spec Sums Kernels Polynomials Means Identity Rationals Covers Matrices Programs Everywhere Faces Cells Symmetric Duals Points OnCones.
Import ListNotations.
Open Scope R_scope.

Inductive copositive_proof := ByIdentity (w : list Z) (i : identity) | ByCover (items : list item).

Definition copositive_check (M : matrix) (c : copositive_proof) : bool :=
  well_formed M && match c with ByIdentity w i => by_identity M w i | ByCover items => by_cover M items end.

Definition moved (v : Q) (M : matrix) : matrix := map (map (fun m => (m - v)%Q)) M.

Definition inner_product (M H : matrix) : Z :=
  let A := scaled (denominator_of M) M in let B := scaled (denominator_of H) H in
  fold_right (fun i s => (fold_right (fun j s => (at_ij A i j * at_ij B i j + s)%Z) 0%Z (below (order M)) + s)%Z) 0%Z (below (order M)).

Inductive certificate :=
| ProveCopositive (c : copositive_proof)
| ShowNegative (x : list Z)
| ProveStrict (margin : Q) (c : copositive_proof)
| ShowNonpositive (x : list Z)
| Factor (f : factorization)
| Separate (H : matrix) (c : copositive_proof)
| ProveOn (e : list (nat * Q)) (y : Q) (d : dual)
| ProveStrictOn (margin : Q) (e : list (nat * Q)) (y : Q) (d : dual)
| ProveDual (d : dual)
| ProveRounded (d : dual) (r : rounding)
| ShowAtoms (m : list weighted_atom)
| ShowFormNegative (x : list Z) (fs : list factorization).

Definition verify (q : claim) (c : certificate) : bool :=
  match q, c with
  | Copositive M, ProveCopositive c => copositive_check M c
  | NotCopositive M, ShowNegative x => well_formed M && negative_at M x
  | StrictlyCopositive M, ProveStrict v c => well_formed M && Z.ltb 0 (Qnum v) && copositive_check (moved v M) c
  | NotStrictlyCopositive M, ShowNonpositive x => well_formed M && nonpositive_at M x
  | CompletelyPositive M, Factor f => well_formed M && by_factor M f
  | NotCompletelyPositive M, Separate H c =>
      well_formed M && Nat.eqb (order H) (order M) && copositive_check H c && Z.ltb (inner_product M H) 0
  | CopositiveOn M T p, ProveOn e y d => copositive_on_check M T p e y d
  | NotCopositiveOn M T p, ShowFormNegative x fs => negative_on M T p x fs
  | StrictlyCopositiveOn M T p, ProveStrictOn v e y d => strict_on_check M T p v e y d
  | NotStrictlyCopositiveOn M T p, ShowFormNegative x fs => nonpositive_on M T p x fs
  | FormCopositive p, ProveDual d => form_copositive p d
  | FormNotCopositive p, ShowFormNegative x fs => form_negative p x fs
  | LowerBound p b, ProveDual d => lower p b d
  | LowerBound p b, ProveRounded d r => rounded p b d r
  | UpperBound p b, ShowAtoms m => upper p b m
  | Infeasible p, ProveDual d => no_feasible p d
  | _, _ => false
  end.

Lemma copositive_check_ok M c : copositive_check M c = true -> copositive M.
Proof.
  unfold copositive_check. intros H. apply andb_true_iff in H; destruct H as [H1 H]. destruct c as [w i|items].
  - exact (by_identity_ok M H1 w i H).
  - exact (by_cover_ok M H1 items H).
Qed.

Lemma moved_entry v M i j : well_formed M = true -> (i < order M)%nat -> (j < order M)%nat ->
  entry (moved v M) i j = entry M i j - Q2R v.
Proof.
  intros H Hi Hj. unfold entry, moved.
  rewrite (nth_indep _ [] (map (fun m => (m - v)%Q) [])) by (rewrite map_length; exact Hi). rewrite map_nth.
  rewrite (nth_indep _ 0%Q (0 - v)%Q) by (rewrite map_length, (M_row M H i Hi); exact Hj).
  rewrite (map_nth (fun m => (m - v)%Q)). rewrite Q2R_minus. reflexivity.
Qed.

Lemma strict_ok M v : well_formed M = true -> (0 < Qnum v)%Z -> copositive (moved v M) -> strictly_copositive M.
Proof.
  intros H Hv Hc x Hx (i & Hi & Hn). specialize (Hc x Hx).
  assert (Hq : 0 < Q2R v). { unfold Q2R. apply Rmult_lt_0_compat; [apply IZR_lt; exact Hv|]. apply Rinv_0_lt_compat, IZR_lt. reflexivity. }
  unfold form_of in *. replace (order (moved v M)) with (order M) in Hc by (unfold order, moved; rewrite map_length; reflexivity).
  assert (E : bilinear (order M) (entry (moved v M)) x x =
    bilinear (order M) (entry M) x x - Q2R v * (sum x (below (order M)) * sum x (below (order M)))).
  { rewrite sum_product. unfold bilinear. rewrite <- sum_scale, <- sum_minus. apply sum_ext; intros a Ha.
    rewrite <- sum_scale, <- sum_minus. apply sum_ext; intros b Hb. apply in_below in Ha. apply in_below in Hb.
    rewrite moved_entry by assumption. ring. }
  assert (Hs : 0 < sum x (below (order M))).
  { assert (x i <= sum x (below (order M))); [|specialize (Hx i); lra].
    apply (sum_member x i); [intros; apply Hx|apply in_below; exact Hi]. }
  assert (0 < Q2R v * (sum x (below (order M)) * sum x (below (order M)))).
  { apply Rmult_lt_0_compat; [exact Hq|]. apply Rmult_lt_0_compat; exact Hs. }
  lra.
Qed.

Lemma inner_product_ok M H : well_formed M = true -> well_formed H = true ->
  IZR (inner_product M H) = IZR (denominator_of M) * IZR (denominator_of H) *
    sum (fun i => sum (fun j => entry M i j * entry H i j) (below (order M))) (below (order M)).
Proof.
  intros HM HH. unfold inner_product. cbv zeta.
  assert (R : forall (f : nat -> Z) l, IZR (fold_right (fun i s => (f i + s)%Z) 0%Z l) = sum (fun i => IZR (f i)) l).
  { intros f l. induction l as [|a l IH]; [reflexivity|]. cbn [fold_right]. rewrite plus_IZR, IH. reflexivity. }
  rewrite R, <- sum_scale. apply sum_ext; intros i _. rewrite R, <- sum_scale. apply sum_ext; intros j _.
  rewrite mult_IZR, (N_ok M HM), (N_ok H HH). ring.
Qed.

Lemma separate_ok M H : well_formed M = true -> well_formed H = true -> order H = order M -> copositive H ->
  (inner_product M H < 0)%Z -> ~ completely_positive M.
Proof.
  intros HM HH Ho Hc Hn (bs & Hb & Hd). apply IZR_lt in Hn. rewrite inner_product_ok in Hn by assumption.
  assert (HP := P_pos M HM). assert (HQ := P_pos H HH).
  assert (0 <= sum (fun i => sum (fun j => entry M i j * entry H i j) (below (order M))) (below (order M))); [|
    assert (0 < IZR (denominator_of M) * IZR (denominator_of H)) by (apply Rmult_lt_0_compat; assumption); nra].
  replace (sum _ _) with (sum (fun b => form_of H b) bs).
  - apply sum_nonneg; intros b Hi. apply Hc, Hb, Hi.
  - unfold form_of, bilinear. rewrite Ho. rewrite sum_swap. apply sum_ext; intros i Hi. rewrite sum_swap.
    apply sum_ext; intros j Hj. apply in_below in Hi. apply in_below in Hj. rewrite (Hd i j Hi Hj), <- sum_scale_r.
    apply sum_ext; intros; ring.
Qed.

Theorem verify_sound : forall (q : claim) (c : certificate), verify q c = true -> holds q.
Proof.
  intros q c H. destruct q, c; try discriminate H; cbn [verify] in H; cbn [holds].
  - exact (copositive_check_ok M c H).
  - apply andb_true_iff in H; destruct H as [H1 H]. exact (negative_at_ok M H1 x H).
  - apply andb_true_iff in H; destruct H as [H Hc]. apply andb_true_iff in H; destruct H as [H1 Hv].
    apply (strict_ok M margin H1); [apply Z.ltb_lt; exact Hv|exact (copositive_check_ok _ c Hc)].
  - apply andb_true_iff in H; destruct H as [H1 H]. exact (nonpositive_at_ok M H1 x H).
  - apply andb_true_iff in H; destruct H as [H1 H]. exact (by_factor_ok M H1 f H).
  - apply andb_true_iff in H; destruct H as [H Hn]. apply andb_true_iff in H; destruct H as [H Hc].
    apply andb_true_iff in H; destruct H as [H1 Ho]. apply Z.ltb_lt in Hn. apply Nat.eqb_eq in Ho.
    assert (HH : well_formed H0 = true) by (unfold copositive_check in Hc; apply andb_true_iff in Hc; apply Hc).
    exact (separate_ok M H0 H1 HH Ho (copositive_check_ok _ c Hc) Hn).
  - exact (copositive_on_ok M T p e y d H).
  - exact (negative_on_ok M T p x fs H).
  - exact (strict_on_ok M T p margin e y d H).
  - exact (nonpositive_on_ok M T p x fs H).
  - exact (nonnegative_form_ok p _ d H).
  - exact (form_negative_ok p x fs H).
  - exact (lower_ok p b d H).
  - exact (rounded_ok p b d r H).
  - exact (upper_ok p b m H).
  - exact (no_feasible_ok p d H).
Qed.
