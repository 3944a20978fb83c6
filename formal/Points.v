(* Claims that points prove. *)

Require Import List Reals Lra Lia ZArith QArith Qreals Bool Psatz.
Require Import Spec Sums Kernels Polynomials Means Identity Rationals Matrices Programs Everywhere.
Import ListNotations.
Open Scope R_scope.


Record weighted_atom := { weight : Q; point : list Z; block_factors : list factorization }.
(* X A(x) = F diag(w) F' *)
Definition block_at_point (X : list Z) (B : block) (F : factorization) : bool :=
  let T := block_table B in
  Z.ltb 0 (common_factor F) && forallb (fun c => Z.leb 0 c) (column_weights F) &&
  common_ok (block_denominator B) (map block_coefficient (Spec.entries B)) &&
  pairs (rows B) (fun i j => Z.eqb (common_factor F * value X (look T i j))
    (inner (weighted (column_weights F) (nth i (factor_rows F) [])) (nth j (factor_rows F) []))).

Lemma block_at_point_ok X B F : block_at_point X B F = true -> PSD (rows B) (block_at B (at_point X)).
Proof.
  unfold block_at_point. cbv zeta. intros H u. apply andb_true_iff in H; destruct H as [H Hp]. apply andb_true_iff in H; destruct H as [H Hc].
  apply andb_true_iff in H; destruct H as [HX Hw]. apply Z.ltb_lt, IZR_lt in HX. rewrite forallb_forall in Hw.
  set (P := IZR (block_denominator B)). assert (HP : 0 < P) by exact (common_pos _ _ Hc).
  set (w := column_weights F) in *. set (n := rows B) in *. set (G := fun k i => at_place (nth i (factor_rows F) []) k).
  assert (E : forall i j, (i < n)%nat -> (j < n)%nat -> IZR (common_factor F) * (P * block_at B (at_point X) i j) =
    sum (fun k => at_place w k * (G k i * G k j)) (below (length w))).
  { intros i j Hi Hj. unfold P. rewrite <- block_table_val by assumption. rewrite <- value_ok, <- mult_IZR.
    apply (pairs_in _ _ i j) in Hp; [|exact Hi|exact Hj]. apply Z.eqb_eq in Hp. rewrite Hp. unfold w. rewrite inner_val. reflexivity. }
  apply (Rmult_le_reg_l (IZR (common_factor F) * P)); [apply Rmult_lt_0_compat; assumption|]. rewrite Rmult_0_r.
  replace (IZR (common_factor F) * P * bilinear n (block_at B (at_point X)) u u) with
    (sum (fun k => at_place w k * (sum (fun i => G k i * u i) (below n) * sum (fun i => G k i * u i) (below n))) (below (length w))).
  - apply sum_nonneg; intros k Hk. apply Rmult_le_pos; [|apply Rle_0_sqr]. apply in_below in Hk.
    unfold at_place. apply IZR_le, Z.leb_le, Hw, nth_In. exact Hk.
  - transitivity (sum (fun k => sum (fun i => sum (fun j => at_place w k * (G k i * G k j) * u i * u j) (below n)) (below n)) (below (length w))).
    + apply sum_ext; intros k _. rewrite sum_product, <- sum_scale. apply sum_ext; intros i _. rewrite <- sum_scale. apply sum_ext; intros; ring.
    + rewrite sum_swap. unfold bilinear. rewrite <- sum_scale. apply sum_ext; intros i Hi. rewrite sum_swap, <- sum_scale.
      apply sum_ext; intros j Hj. apply in_below in Hi. apply in_below in Hj.
      transitivity (sum (fun k => at_place w k * (G k i * G k j)) (below (length w)) * (u i * u j)).
      * rewrite <- sum_scale_r. apply sum_ext; intros; ring.
      * rewrite <- E by assumption. ring.
Qed.

Definition atom_ok (p : program) (X : list Z) (Fs : list factorization) : bool :=
  cone_ok p && Nat.eqb (length Fs) (length (blocks p)) &&
  forallb (fun t => block_at_point X (fst t) (snd t)) (combine (blocks p) Fs) &&
  forallb (fun g => Z.leb 0 (value X (form_poly (form_denominator g) g))) (generators p) &&
  forallb (fun E => Z.eqb (value X (form_poly (form_denominator E) E)) 0) (vanishing p).

Lemma atom_ok_atom p X Fs : atom_ok p X Fs = true -> atom p (at_point X).
Proof.
  unfold atom_ok, cone_ok. intros H. apply andb_true_iff in H; destruct H as [H HE]. apply andb_true_iff in H; destruct H as [H Hg].
  apply andb_true_iff in H; destruct H as [H HB]. apply andb_true_iff in H; destruct H as [Hk Hl].
  apply andb_true_iff in Hk; destruct Hk as [Hk Hkv]. apply andb_true_iff in Hk; destruct Hk as [_ Hkg].
  apply Nat.eqb_eq in Hl. rewrite forallb_forall in HE, Hg, HB, Hkv, Hkg. split; [|split].
  - intros B Hi. destruct (combine_has_left _ Fs B Hl Hi) as (F & HF). apply (block_at_point_ok X B F). apply (HB (B, F) HF).
  - intros g Hi. specialize (Hg g Hi). specialize (Hkg g Hi). unfold form_ok in Hkg. apply Z.leb_le, IZR_le in Hg.
    rewrite value_ok, form_poly_val in Hg by exact Hkg. generalize (common_pos _ _ Hkg). intros. nra.
  - intros E Hi. specialize (HE E Hi). specialize (Hkv E Hi). unfold form_ok in Hkv. apply Z.eqb_eq, (f_equal IZR) in HE.
    rewrite value_ok, form_poly_val in HE by exact Hkv. generalize (common_pos _ _ Hkv). intros. nra.
Qed.

(* over one denominator D of the weights: P D <A, Y> *)
Definition average (D P : Z) (A : form) (m : list weighted_atom) : Z :=
  fold_right (fun a s => (whole D (weight a) * value (point a) (form_poly P A) + s)%Z) 0%Z m.

Definition mixture_of (m : list weighted_atom) : list (R * vector) := map (fun a => (Q2R (weight a), at_point (point a))) m.

Lemma average_ok D P A m : common_ok D (map weight m) = true -> common_ok P (map coefficient A) = true ->
  IZR (average D P A m) = IZR D * IZR P * pairing A (mixture (mixture_of m)).
Proof.
  intros HD HP. rewrite pairing_mixture. unfold mixture_of. rewrite sum_map.
  assert (H : forall l, (forall a, In a l -> In a m) -> IZR (average D P A l) =
    IZR D * IZR P * sum (fun a => Q2R (weight a) * at_form A (at_point (point a))) l).
  { induction l as [|a l IH]; intros Hl; [simpl; ring|]. unfold average. cbn [fold_right]. fold (average D P A l).
    rewrite plus_IZR, mult_IZR, IH by (intros; apply Hl; right; assumption).
    rewrite (common_in D _ (weight a) HD) by (apply in_map, Hl; left; reflexivity).
    rewrite value_ok, form_poly_val by exact HP. change (sum ?g (a :: l)) with (g a + sum g l). cbv beta. ring. }
  apply H. trivial.
Qed.

Definition upper (p : program) (b : Q) (m : list weighted_atom) : bool :=
  let D := denominator (map weight m) in
  common_ok D (map weight m) &&
  forallb (fun a => Z.leb 0 (Qnum (weight a)) && atom_ok p (point a) (block_factors a)) m &&
  forallb (fun t => let P := denominator (snd t :: map coefficient (fst t)) in
    common_ok P (snd t :: map coefficient (fst t)) && Z.eqb (average D P (fst t) m) (D * whole P (snd t))) (equations p) &&
  (let P := denominator (b :: map coefficient (objective p)) in
   common_ok P (b :: map coefficient (objective p)) && Z.leb (average D P (objective p) m) (D * whole P b)).

Lemma common_tail P c l : common_ok P (c :: l) = true -> common_ok P l = true.
Proof. unfold common_ok. cbn [forallb]. intros H. apply andb_true_iff in H; destruct H as [H1 H]. apply andb_true_iff in H; destruct H as [_ H]. rewrite H1, H. reflexivity. Qed.

Lemma upper_ok p b m : upper p b m = true -> holds (UpperBound p b).
Proof.
  unfold upper. cbv zeta. set (D := denominator (map weight m)). intros H.
  apply andb_true_iff in H; destruct H as [H Ho]. apply andb_true_iff in H; destruct H as [H He].
  apply andb_true_iff in H; destruct H as [HD Ha]. rewrite forallb_forall in Ha, He.
  assert (HDp := common_pos _ _ HD).
  exists (mixture (mixture_of m)). split; [split|].
  - intros eps Heps. exists (mixture_of m). split.
    + intros w x Hi. unfold mixture_of in Hi. apply in_map_iff in Hi. destruct Hi as (a & Ea & Hi). inversion Ea; subst.
      specialize (Ha a Hi). apply andb_true_iff in Ha; destruct Ha as [Hw Hat]. split; [|apply (atom_ok_atom p _ _ Hat)].
      apply Z.leb_le, IZR_le in Hw. unfold Q2R. apply Rmult_le_pos; [exact Hw|].
      apply Rlt_le, Rinv_0_lt_compat, IZR_lt. reflexivity.
    + intros i j _ _. rewrite Rminus_diag_eq by reflexivity. rewrite Rabs_R0. lra.
  - intros A c Hi. specialize (He (A, c) Hi). cbn [fst snd] in He. apply andb_true_iff in He; destruct He as [Hc He].
    apply Z.eqb_eq, (f_equal IZR) in He. rewrite average_ok in He by (try exact HD; exact (common_tail _ _ _ Hc)).
    rewrite mult_IZR, (common_in _ _ c Hc) in He by (left; reflexivity).
    assert (HP := common_pos _ _ Hc). apply (Rmult_eq_reg_l (IZR D * IZR (denominator (c :: map coefficient A)))).
    + rewrite He. ring.
    + apply Rmult_integral_contrapositive_currified; lra.
  - apply andb_true_iff in Ho; destruct Ho as [Hc Ho]. apply Z.leb_le, IZR_le in Ho.
    rewrite average_ok in Ho by (try exact HD; exact (common_tail _ _ _ Hc)).
    rewrite mult_IZR, (common_in _ _ b Hc) in Ho by (left; reflexivity).
    assert (HP := common_pos _ _ Hc). apply (Rmult_le_reg_l (IZR D * IZR (denominator (b :: map coefficient (objective p))))).
    + apply Rmult_lt_0_compat; assumption.
    + eapply Rle_trans; [exact Ho|]. apply Req_le. ring.
Qed.

Definition form_negative (p : program) (X : list Z) (Fs : list factorization) : bool :=
  form_ok (objective p) && atom_ok p X Fs && Z.ltb (value X (form_poly (form_denominator (objective p)) (objective p))) 0.

Lemma form_negative_ok p X Fs : form_negative p X Fs = true -> holds (FormNotCopositive p).
Proof.
  unfold form_negative. intros H. apply andb_true_iff in H; destruct H as [H Hn]. apply andb_true_iff in H; destruct H as [Hf Ha].
  exists (at_point X). split; [exact (atom_ok_atom p X Fs Ha)|]. unfold form_ok in Hf. apply Z.ltb_lt, IZR_lt in Hn.
  rewrite value_ok, form_poly_val in Hn by exact Hf. generalize (common_pos _ _ Hf). intros. nra.
Qed.
