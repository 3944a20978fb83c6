(* A matrix on a cone: the form u'(T'MT)u. *)

Require Import List Reals Lra Lia ZArith QArith Qreals Bool Psatz.
Require Import Spec Sums Kernels Polynomials Means Identity Rationals Matrices Programs Everywhere Duals Points.
Import ListNotations.
Open Scope R_scope.

Definition entry_q (M : matrix) (i j : nat) : Q := nth j (nth i M []) 0%Q.
Definition pulled (M : matrix) (T : linear_map) : form :=
  flat_map (fun s => map (fun t => match s, t with (i, v, a), (j, w, b) => (v, w, (a * b * entry_q M i j)%Q) end) T) T.
Definition map_ok (M : matrix) (T : linear_map) (d : nat) : bool :=
  forallb (fun t => match t with (i, v, _) => Nat.ltb i (order M) && Nat.ltb v d end) T.

Lemma sum_at (f : nat -> R) (T : linear_map) u n : forallb (fun t => match t with (i, _, _) => Nat.ltb i n end) T = true ->
  sum (fun i => f i * image_of T u i) (below n) = sum (fun t => match t with (i, v, c) => f i * (Q2R c * u v) end) T.
Proof.
  intros H. rewrite forallb_forall in H. unfold image_of.
  transitivity (sum (fun i => sum (fun t => match t with (j, v, c) => f i * (if Nat.eqb j i then Q2R c * u v else 0) end) T) (below n)).
  - apply sum_ext; intros i _. rewrite <- sum_scale. apply sum_ext. intros [[j v] c] _. reflexivity.
  - rewrite sum_swap. apply sum_ext. intros [[j v] c] Hi. specialize (H _ Hi). cbv beta iota in H. apply Nat.ltb_lt in H.
    rewrite (sum_below_single _ j n H).
    + rewrite Nat.eqb_refl. reflexivity.
    + intros i _ Hn. replace (Nat.eqb j i) with false by (symmetry; apply Nat.eqb_neq; congruence). ring.
Qed.

Lemma map_ok_rows M T d : map_ok M T d = true -> forallb (fun t => match t with (i, _, _) => Nat.ltb i (order M) end) T = true.
Proof.
  unfold map_ok. intros H. rewrite forallb_forall in *. intros [[i v] c] Hi. specialize (H _ Hi). cbv beta iota in H.
  apply andb_true_iff in H. tauto.
Qed.

Lemma pulled_val M T d u : map_ok M T d = true -> at_form (pulled M T) u = form_of M (image_of T u).
Proof.
  intros H. apply map_ok_rows in H. unfold form_of, bilinear.
  transitivity (sum (fun i => sum (fun j => entry M i j * image_of T u j) (below (order M)) * image_of T u i) (below (order M))).
  - rewrite (sum_at (fun i => sum (fun j => entry M i j * image_of T u j) (below (order M))) T u _ H).
    unfold at_form, pairing, pulled, outer. rewrite sum_flat_map. apply sum_ext. intros [[i v] a] _. rewrite sum_map.
    rewrite (sum_at (fun j => entry M i j) T u _ H), <- sum_scale_r. apply sum_ext. intros [[j w] b] _.
    rewrite !Q2R_mult. unfold entry, entry_q. ring.
  - apply sum_ext; intros i _. rewrite <- sum_scale_r. apply sum_ext; intros j _. ring.
Qed.

(* F = G + y e², y >= 0 *)
Definition square_of (e : list (nat * Q)) (y : Q) : form :=
  flat_map (fun s => map (fun t => (fst s, fst t, (- (y * snd s * snd t))%Q)) e) e.
Definition on_cone (F : form) (p : program) (e : list (nat * Q)) (y : Q) (c : dual) : bool :=
  Z.leb 0 (Qnum y) && nonnegative_form p (F ++ square_of e y) c.

Lemma square_of_val e y u : at_form (square_of e y) u = - Q2R y * (at_linear e u * at_linear e u).
Proof.
  unfold at_form, pairing, square_of, outer, at_linear. rewrite sum_flat_map, sum_product, <- sum_scale. apply sum_ext; intros s _.
  rewrite sum_map, <- sum_scale. apply sum_ext; intros t _. rewrite Q2R_opp, !Q2R_mult. ring.
Qed.

Lemma at_form_app f g u : at_form (f ++ g) u = at_form f u + at_form g u.
Proof. unfold at_form. apply pairing_app. Qed.

Lemma nonnegative_q y : Z.leb 0 (Qnum y) = true -> 0 <= Q2R y.
Proof.
  intros H. apply Z.leb_le, IZR_le in H. unfold Q2R. apply Rmult_le_pos; [exact H|]. apply Rlt_le, Rinv_0_lt_compat, IZR_lt. reflexivity.
Qed.

Lemma on_cone_ok F p e y c u : on_cone F p e y c = true -> atom p u -> 0 <= at_form F u.
Proof.
  unfold on_cone. intros H Hu. apply andb_true_iff in H; destruct H as [Hy H]. apply nonnegative_q in Hy.
  apply (nonnegative_form_at _ _ _ u) in H; [|exact Hu]. rewrite at_form_app, square_of_val in H.
  assert (0 <= Q2R y * (at_linear e u * at_linear e u)) by (apply Rmult_le_pos; [exact Hy|apply Rle_0_sqr]). lra.
Qed.

Definition copositive_on_check (M : matrix) (T : linear_map) (p : program) (e : list (nat * Q)) (y : Q) (c : dual) : bool :=
  map_ok M T (dim p) && on_cone (pulled M T) p e y c.

Lemma copositive_on_ok M T p e y c : copositive_on_check M T p e y c = true -> copositive_on M T p.
Proof.
  unfold copositive_on_check. intros H u Hu. apply andb_true_iff in H; destruct H as [HT H].
  rewrite <- (pulled_val M T (dim p) u HT). exact (on_cone_ok _ _ _ _ _ u H Hu).
Qed.

(* F − v |u|² *)
Definition less_squares (v : Q) (d : nat) : form := map (fun i => (i, i, (- v)%Q)) (below d).
Definition strict_on_check (M : matrix) (T : linear_map) (p : program) (v : Q) (e : list (nat * Q)) (y : Q) (c : dual) : bool :=
  map_ok M T (dim p) && Z.ltb 0 (Qnum v) && on_cone (pulled M T ++ less_squares v (dim p)) p e y c.

Lemma strict_on_ok M T p v e y c : strict_on_check M T p v e y c = true -> strictly_copositive_on M T p.
Proof.
  unfold strict_on_check. intros H u Hu (i & Hi & Hn). apply andb_true_iff in H; destruct H as [H Hc]. apply andb_true_iff in H; destruct H as [HT Hv].
  apply (on_cone_ok _ _ _ _ _ u) in Hc; [|exact Hu]. rewrite at_form_app, (pulled_val M T (dim p) u HT) in Hc.
  assert (Hq : 0 < Q2R v).
  { apply Z.ltb_lt in Hv. unfold Q2R. apply Rmult_lt_0_compat; [apply IZR_lt; exact Hv|]. apply Rinv_0_lt_compat, IZR_lt. reflexivity. }
  assert (E : at_form (less_squares v (dim p)) u = - Q2R v * sum (fun w => u w * u w) (below (dim p))).
  { unfold at_form, pairing, less_squares, outer. rewrite sum_map, <- sum_scale. apply sum_ext; intros w _. rewrite Q2R_opp. ring. }
  rewrite E in Hc.
  assert (Hs : 0 < sum (fun w => u w * u w) (below (dim p))).
  { assert (Hp : 0 <= sum (fun w => u w * u w) (below (dim p))) by (apply sum_nonneg; intros; apply Rle_0_sqr).
    destruct Hp as [Hp|Z0]; [exact Hp|exfalso]. apply Hn. unfold image_of. apply sum_zero. intros [[j w] q] Ht.
    destruct (Nat.eqb j i); [|reflexivity]. unfold map_ok in HT. rewrite forallb_forall in HT. specialize (HT _ Ht). cbv beta iota in HT.
    apply andb_true_iff in HT. destruct HT as [_ HT]. apply Nat.ltb_lt in HT.
    assert (Hle : u w * u w <= sum (fun w => u w * u w) (below (dim p))).
    { apply (sum_member (fun w => u w * u w) w); [intros; apply Rle_0_sqr|apply in_below; exact HT]. }
    assert (Hw : u w = 0) by (rewrite <- Z0 in Hle; nra). rewrite Hw. ring. }
  assert (0 < Q2R v * sum (fun w => u w * u w) (below (dim p))) by (apply Rmult_lt_0_compat; assumption). lra.
Qed.

Definition negative_on (M : matrix) (T : linear_map) (p : program) (X : list Z) (Fs : list factorization) : bool :=
  map_ok M T (dim p) && form_ok (pulled M T) && atom_ok p X Fs && Z.ltb (value X (form_poly (form_denominator (pulled M T)) (pulled M T))) 0.

Lemma negative_on_ok M T p X Fs : negative_on M T p X Fs = true -> ~ copositive_on M T p.
Proof.
  unfold negative_on. intros H Hc. apply andb_true_iff in H; destruct H as [H Hn]. apply andb_true_iff in H; destruct H as [H Ha].
  apply andb_true_iff in H; destruct H as [HT Hf]. specialize (Hc _ (atom_ok_atom p X Fs Ha)).
  rewrite <- (pulled_val M T (dim p) _ HT) in Hc. unfold form_ok in Hf. apply Z.ltb_lt, IZR_lt in Hn.
  rewrite value_ok, form_poly_val in Hn by exact Hf. generalize (common_pos _ _ Hf). intros. nra.
Qed.

(* (Tu)_i is not zero for some i *)
Definition linear_value (X : list Z) (T : linear_map) (i : nat) : Q :=
  fold_right (fun t s => match t with (j, v, c) => if Nat.eqb j i then (c * inject_Z (nth v X 0%Z) + s)%Q else s end) 0%Q T.
Definition nonpositive_on (M : matrix) (T : linear_map) (p : program) (X : list Z) (Fs : list factorization) : bool :=
  map_ok M T (dim p) && form_ok (pulled M T) && atom_ok p X Fs &&
  Z.leb (value X (form_poly (form_denominator (pulled M T)) (pulled M T))) 0 &&
  existsb (fun i => negb (Qeq_bool (linear_value X T i) 0)) (below (order M)).

Lemma linear_value_ok X T i : Q2R (linear_value X T i) = image_of T (at_point X) i.
Proof.
  unfold linear_value, image_of. induction T as [|[[j v] c] T IH]; [unfold Q2R; simpl; ring|]. cbn [fold_right].
  change (sum ?g (?a :: T)) with (g a + sum g T). cbv beta iota. destruct (Nat.eqb j i); [|rewrite IH; ring].
  rewrite Q2R_plus, Q2R_mult, Q2R_whole, IH. reflexivity.
Qed.

Lemma nonpositive_on_ok M T p X Fs : nonpositive_on M T p X Fs = true -> ~ strictly_copositive_on M T p.
Proof.
  unfold nonpositive_on. intros H Hc. apply andb_true_iff in H; destruct H as [H Hi]. apply andb_true_iff in H; destruct H as [H Hn].
  apply andb_true_iff in H; destruct H as [H Ha]. apply andb_true_iff in H; destruct H as [HT Hf].
  apply existsb_exists in Hi. destruct Hi as (i & Hb & Hi). apply in_below in Hb. apply negb_true_iff in Hi.
  assert (Hz : not_zero (order M) (image_of T (at_point X))).
  { exists i. split; [exact Hb|]. rewrite <- linear_value_ok. intros E. assert (E' : Q2R (linear_value X T i) = Q2R 0) by (rewrite E; unfold Q2R; simpl; ring).
    apply eqR_Qeq, Qeq_bool_iff in E'. congruence. }
  specialize (Hc _ (atom_ok_atom p X Fs Ha) Hz).
  rewrite <- (pulled_val M T (dim p) _ HT) in Hc. unfold form_ok in Hf. apply Z.leb_le, IZR_le in Hn.
  rewrite value_ok, form_poly_val in Hn by exact Hf. generalize (common_pos _ _ Hf). intros. nra.
Qed.
