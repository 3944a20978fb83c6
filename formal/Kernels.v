(* Positive semidefinite kernels: a matrix is a sum of squares of linear forms, products of kernels are kernels. *)

Require Import List Reals Lra Lia Psatz.
Require Import Spec Sums.
Import ListNotations.
Open Scope R_scope.

(* K(r, s) on any labels: Σ c d K(r, s) >= 0 for every finite list of pairs (r, c) *)
Definition quad {L} (K : L -> L -> R) (z : list (L * R)) : R :=
  sum (fun a => sum (fun b => snd a * snd b * K (fst a) (fst b)) z) z.
Definition kernel {L} (K : L -> L -> R) : Prop := forall z, 0 <= quad K z.

(* A(i, j) = Σ_m l_m(i) l_m(j) *)
Definition gram_of {L} (ls : list (L -> R)) (i j : L) : R := sum (fun l => l i * l j) ls.

Lemma gram_kernel {L} (ls : list (L -> R)) : kernel (gram_of ls).
Proof.
  intros z. unfold quad, gram_of.
  replace (sum _ z) with (sum (fun l => sum (fun a => snd a * l (fst a)) z * sum (fun a => snd a * l (fst a)) z) ls).
  - apply sum_nonneg; intros l _. apply Rle_0_sqr.
  - transitivity (sum (fun l => sum (fun a => sum (fun b => snd a * snd b * (l (fst a) * l (fst b))) z) z) ls).
    + apply sum_ext; intros l _. rewrite sum_product. apply sum_ext; intros a _. apply sum_ext; intros b _. ring.
    + rewrite sum_swap. apply sum_ext; intros a _. rewrite sum_swap. apply sum_ext; intros b _.
      rewrite sum_scale. reflexivity.
Qed.

(* the Schur product with a sum of squares *)
Lemma schur {L} (ls : list (L -> R)) (K : L -> L -> R) : kernel K -> kernel (fun r s => gram_of ls r s * K r s).
Proof.
  intros HK z. unfold quad.
  replace (sum _ z) with (sum (fun l => quad K (map (fun a => (fst a, snd a * l (fst a))) z)) ls).
  - apply sum_nonneg; intros l _. apply HK.
  - unfold quad, gram_of.
    transitivity (sum (fun l => sum (fun a => sum (fun b => snd a * snd b * (l (fst a) * l (fst b) * K (fst a) (fst b))) z) z) ls).
    + apply sum_ext; intros l _. rewrite sum_map. apply sum_ext; intros a _. rewrite sum_map.
      apply sum_ext; intros b _. simpl. ring.
    + rewrite sum_swap. apply sum_ext; intros a _. rewrite sum_swap. apply sum_ext; intros b _.
      rewrite sum_scale. f_equal. rewrite sum_scale_r. reflexivity.
Qed.

Lemma kernel_pull {L M} (h : M -> L) K : kernel K -> kernel (fun a b => K (h a) (h b)).
Proof.
  intros HK z. specialize (HK (map (fun a => (h (fst a), snd a)) z)).
  replace (quad (fun a b => K (h a) (h b)) z) with (quad K (map (fun a => (h (fst a), snd a)) z)); [exact HK|].
  unfold quad. rewrite sum_map. apply sum_ext; intros a _. rewrite sum_map. reflexivity.
Qed.

Lemma kernel_scale {L} (K : L -> L -> R) c : 0 <= c -> kernel K -> kernel (fun a b => c * K a b).
Proof.
  intros Hc HK z. unfold quad.
  replace (sum _ z) with (c * quad K z).
  - apply Rmult_le_pos; [exact Hc|apply HK].
  - unfold quad. rewrite <- sum_scale. apply sum_ext; intros a _. rewrite <- sum_scale. apply sum_ext; intros; ring.
Qed.

Lemma kernel_ext {L} (K K' : L -> L -> R) : (forall a b, K a b = K' a b) -> kernel K -> kernel K'.
Proof.
  intros H HK z. specialize (HK z). unfold quad in *. erewrite sum_ext; [exact HK|].
  intros a _. apply sum_ext; intros b _. rewrite H; reflexivity.
Qed.

(* <G, K> >= 0 for G = Σ_k w_k f_k f_k', over a list of columns: the pull-back of K to columns *)
Definition over {L} (K : L -> L -> R) (a b : list (L * R)) : R :=
  sum (fun r => sum (fun s => snd r * snd s * K (fst r) (fst s)) b) a.

Lemma over_kernel {L} (K : L -> L -> R) : kernel K -> kernel (over K).
Proof.
  intros HK z.
  specialize (HK (flat_map (fun a => map (fun r => (fst r, snd a * snd r)) (fst a)) z)).
  match type of HK with 0 <= ?v => replace (quad (over K) z) with v; [exact HK|] end.
  unfold quad, over. rewrite sum_flat_map. symmetry. apply sum_ext.
  intros a _. rewrite sum_map. simpl.
  transitivity (sum (fun b => sum (fun r => sum (fun s => snd a * snd b * (snd r * snd s * K (fst r) (fst s))) (fst b)) (fst a)) z).
  - apply sum_ext; intros b _. rewrite <- sum_scale. apply sum_ext; intros r _. rewrite <- sum_scale. reflexivity.
  - rewrite sum_swap. apply sum_ext; intros r _. rewrite sum_flat_map. apply sum_ext; intros b _.
    rewrite sum_map. apply sum_ext; intros s _. simpl. ring.
Qed.

(* ---- a matrix that is semidefinite is a sum of squares: complete one square after the other ---- *)

Definition unit_at (i : nat) (k : nat) : R := if Nat.eqb k i then 1 else 0.

Lemma bilinear_unit n A i y : (i < n)%nat -> bilinear n A (unit_at i) y = sum (fun j => A i j * y j) (below n).
Proof.
  intros Hi. unfold bilinear.
  rewrite (sum_below_single _ i n Hi).
  - apply sum_ext; intros j _. unfold unit_at. rewrite Nat.eqb_refl. ring.
  - intros k Hk Hn. apply sum_zero; intros j _. unfold unit_at.
    replace (Nat.eqb k i) with false by (symmetry; apply Nat.eqb_neq; exact Hn). ring.
Qed.

Lemma bilinear_units n A i j : (i < n)%nat -> (j < n)%nat -> bilinear n A (unit_at i) (unit_at j) = A i j.
Proof.
  intros Hi Hj. rewrite bilinear_unit by exact Hi.
  rewrite (sum_below_single _ j n Hj).
  - unfold unit_at. rewrite Nat.eqb_refl. ring.
  - intros k Hk Hn. unfold unit_at.
    replace (Nat.eqb k j) with false by (symmetry; apply Nat.eqb_neq; exact Hn). ring.
Qed.

Lemma psd_diagonal n A i : PSD n A -> (i < n)%nat -> 0 <= A i i.
Proof. intros H Hi. rewrite <- (bilinear_units n A i i) by exact Hi. apply H. Qed.

(* a diagonal entry that is 0 makes its row 0 *)
Lemma psd_row n A i j : (forall i j, (i < n)%nat -> (j < n)%nat -> A i j = A j i) -> PSD n A ->
  (i < n)%nat -> (j < n)%nat -> A i i = 0 -> A i j = 0.
Proof.
  intros Hs H Hi Hj Hz.
  destruct (Req_dec (A i j) 0) as [E|E]; [exact E|exfalso].
  set (t := - (A j j + 1) / (2 * A i j)).
  specialize (H (fun k => unit_at j k + t * unit_at i k)).
  rewrite bilinear_add, !bilinear_add_r, !bilinear_units in H by assumption.
  rewrite Hz, (Hs j i) in H by assumption.
  assert (A j j + 2 * t * A i j = -1) by (unfold t; field; exact E). lra.
Qed.

Lemma psd_gram : forall n (A : nat -> nat -> R), (forall i j, (i < n)%nat -> (j < n)%nat -> A i j = A j i) -> PSD n A ->
  exists ls : list (nat -> R), forall i j, (i < n)%nat -> (j < n)%nat -> A i j = gram_of ls i j.
Proof.
  (* by induction on the number of rows from some place on; the rows before it are 0 *)
  assert (step : forall k n A, (forall i j, (i < n)%nat -> (j < n)%nat -> A i j = A j i) -> PSD n A ->
    (forall i j, (i < n)%nat -> (j < n)%nat -> (i < n - k)%nat -> A i j = 0) ->
    exists ls : list (nat -> R), forall i j, (i < n)%nat -> (j < n)%nat -> A i j = gram_of ls i j).
  { induction k as [|k IH]; intros n A Hs H Hz.
    - exists []. intros i j Hi Hj. unfold gram_of; simpl. apply Hz; lia.
    - destruct (Nat.le_gt_cases n k) as [Hk|Hk].
      { apply (IH n A Hs H). intros i j Hi Hj Hik. lia. }
      set (p := (n - S k)%nat). assert (Hp : (p < n)%nat) by (unfold p; lia).
      destruct (Req_dec (A p p) 0) as [E|E].
      + apply (IH n A Hs H). intros i j Hi Hj Hik.
        destruct (Nat.eq_dec i p) as [->|Hn].
        * apply (psd_row n A p j Hs H Hp Hj E).
        * apply Hz; try assumption. unfold p in Hn; lia.
      + assert (Ha : 0 < A p p) by (generalize (psd_diagonal n A p H Hp); lra).
        set (A' := fun i j => A i j - A p i * A p j / A p p).
        destruct (IH n A') as [ls Hl].
        * intros i j Hi Hj. unfold A'. rewrite (Hs i j) by assumption. field. exact E.
        * intros x.
          set (s := sum (fun j => A p j * x j) (below n)).
          assert (H2 := H (fun i => x i + (- s / A p p) * unit_at p i)).
          rewrite bilinear_add, !bilinear_add_r, bilinear_units, bilinear_unit in H2 by assumption.
          rewrite (bilinear_sym n A x (unit_at p)), bilinear_unit in H2 by assumption.
          fold s in H2.
          assert (E2 : bilinear n A' x x = bilinear n A x x - s * s / A p p).
          { unfold s, Rdiv. rewrite sum_product, <- sum_scale_r. unfold bilinear. rewrite <- sum_minus.
            apply sum_ext; intros i _. rewrite <- sum_scale_r, <- sum_minus. apply sum_ext; intros j _.
            unfold A'. field. exact E. }
          rewrite E2.
          replace (bilinear n A x x - s * s / A p p) with
            (bilinear n A x x + - s / A p p * s + - s / A p p * (s + - s / A p p * A p p)); [exact H2|]. field. exact E.
        * intros i j Hi Hj Hik. unfold A'.
          destruct (Nat.eq_dec i p) as [->|Hn].
          -- field. exact E.
          -- assert (Hi' : (i < n - S k)%nat) by (unfold p in Hn; lia).
             rewrite (Hz i j) by assumption. rewrite (Hs p i) by assumption. rewrite (Hz i p) by assumption.
             field. exact E.
        * exists ((fun i => A p i / sqrt (A p p)) :: ls). intros i j Hi Hj.
          unfold gram_of in *. simpl. rewrite <- Hl by assumption. unfold A'.
          assert (R : sqrt (A p p) * sqrt (A p p) = A p p) by (apply sqrt_sqrt; lra).
          assert (sqrt (A p p) <> 0) by (intros Z; apply sqrt_eq_0 in Z; lra).
          replace (A p i / sqrt (A p p) * (A p j / sqrt (A p p))) with (A p i * A p j / A p p); [ring|].
          set (q := sqrt (A p p)) in *. rewrite <- R. field. assumption. }
  intros n A Hs H. apply (step n n A Hs H). intros; lia.
Qed.

(* the same with every place, zero outside *)
Lemma psd_gram_all n A : (forall i j, A i j = A j i) -> PSD n A -> (forall i j, (n <= i)%nat -> A i j = 0) ->
  exists ls : list (nat -> R), forall i j, A i j = gram_of ls i j.
Proof.
  intros Hs H Hz. destruct (psd_gram n A) as [ls Hl]; [intros; apply Hs|exact H|].
  exists (map (fun l i => if Nat.ltb i n then l i else 0) ls). intros i j. unfold gram_of. rewrite sum_map.
  destruct (Nat.ltb_spec i n) as [Hi|Hi]; destruct (Nat.ltb_spec j n) as [Hj|Hj].
  - apply Hl; assumption.
  - rewrite Hs, Hz by exact Hj. symmetry. apply sum_zero; intros; ring.
  - rewrite Hz by exact Hi. symmetry. apply sum_zero; intros; ring.
  - rewrite Hz by exact Hi. symmetry. apply sum_zero; intros; ring.
Qed.
