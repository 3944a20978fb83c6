(* Copositivity support by support.

   Let x >= 0 with x'Mx < 0 have as few nonzero entries as possible, S its support. Moving along a vector u to the
   boundary of the orthant within S must not leave x'Mx negative. That excludes S where
   - (Mu)_S >= 0 for a u on S with a positive entry: at z = x − tu, z'Mz = x'Mx − t x'Mu − t z'Mu < 0;
   - d'Md <= 0 for a d on S, d ≠ 0, Σd = 0: in one of the directions d, −d the form falls.
   A tree in preorder treats all supports; a node stands for those S with low ⊆ S ⊆ high. *)

Require Import List Reals Lra Lia ZArith Bool Psatz.
Require Import Spec Sums Polynomials Means Identity Kernels.
Import ListNotations.
Open Scope R_scope.

Section Violators.

Variable n : nat.
Variable A : nat -> nat -> R.
Hypothesis A_sym : forall i j, (i < n)%nat -> (j < n)%nat -> A i j = A j i.

Notation q := (fun x => bilinear n A x x).

(* x is a violator, and no other has its support in a proper part of that of x *)
Definition minimal (x : vector) : Prop :=
  nonnegative x /\ q x < 0 /\
  forall z, nonnegative z -> (forall i, (i < n)%nat -> x i = 0 -> z i = 0) -> (exists i, (i < n)%nat /\ x i <> 0 /\ z i = 0) -> 0 <= q z.

Fixpoint nonzero (x : vector) (k : nat) : nat :=
  match k with O => O | S k' => (nonzero x k' + if Req_EM_T (x k') 0 then 0 else 1)%nat end.

Lemma nonzero_le x z k : (forall i, (i < k)%nat -> x i = 0 -> z i = 0) -> (nonzero z k <= nonzero x k)%nat.
Proof.
  induction k as [|k IH]; intros H; simpl; [lia|].
  specialize (IH ltac:(intros i Hi; apply H; lia)).
  destruct (Req_EM_T (z k) 0) as [E|E]; [lia|]. destruct (Req_EM_T (x k) 0) as [E'|E']; [|lia].
  exfalso. apply E, H; [lia|exact E'].
Qed.

Lemma nonzero_lt x z k i : (forall i, (i < k)%nat -> x i = 0 -> z i = 0) -> (i < k)%nat -> x i <> 0 -> z i = 0 ->
  (nonzero z k < nonzero x k)%nat.
Proof.
  induction k as [|k IH]; intros H Hi Hx Hz; [lia|]. simpl.
  destruct (Nat.eq_dec i k) as [->|Hn].
  - generalize (nonzero_le x z k ltac:(intros j Hj; apply H; lia)). intros.
    destruct (Req_EM_T (z k) 0) as [_|E]; [|contradiction]. destruct (Req_EM_T (x k) 0) as [E|_]; [contradiction|lia].
  - specialize (IH ltac:(intros j Hj; apply H; lia) ltac:(lia) Hx Hz).
    destruct (Req_EM_T (z k) 0) as [_|E]; [lia|]. destruct (Req_EM_T (x k) 0) as [E'|_]; [|lia].
    exfalso. apply E, H; [lia|exact E'].
Qed.

Lemma no_minimal : (forall x, ~ minimal x) -> forall x, nonnegative x -> 0 <= q x.
Proof.
  intros Hm. assert (H : forall k x, (nonzero x n <= k)%nat -> nonnegative x -> 0 <= q x).
  { induction k as [k IH] using (well_founded_induction lt_wf). intros x Hk Hx.
    destruct (Rle_or_lt 0 (q x)) as [H|H]; [exact H|exfalso]. apply (Hm x). split; [exact Hx|split; [exact H|]].
    intros z Hz Hs (i & Hi & Hxi & Hzi).
    apply (IH (nonzero z n)); [|lia|exact Hz].
    generalize (nonzero_lt x z n i Hs Hi Hxi Hzi). lia. }
  intros x. apply (H (nonzero x n)). lia.
Qed.

(* the longest step along −u that stays in the orthant *)
Lemma ratio (x u : vector) (l : list nat) : nonnegative x -> (exists i, In i l /\ 0 < u i) ->
  exists t, 0 <= t /\ (forall i, In i l -> 0 <= x i - t * u i) /\ exists i, In i l /\ 0 < u i /\ x i - t * u i = 0.
Proof.
  intros Hx. induction l as [|j l IH]; intros (i & Hi & Hu); [destruct Hi|].
  assert (alone : (forall k, In k l -> u k <= 0) -> 0 < u j ->
    exists t, 0 <= t /\ (forall i, In i (j :: l) -> 0 <= x i - t * u i) /\ exists i, In i (j :: l) /\ 0 < u i /\ x i - t * u i = 0).
  { intros Hl Hj. exists (x j / u j).
    assert (Ht : 0 <= x j / u j) by (apply Rmult_le_pos; [apply Hx|apply Rlt_le, Rinv_0_lt_compat, Hj]).
    split; [exact Ht|]. assert (E : x j - x j / u j * u j = 0) by (field; lra). split.
    - intros k [<-|Hk]; [lra|]. specialize (Hl k Hk). specialize (Hx k).
      assert (0 <= x j / u j * - u k) by (apply Rmult_le_pos; lra). lra.
    - exists j. split; [left; reflexivity|split; [exact Hj|exact E]]. }
  assert (D : (exists k, In k l /\ 0 < u k) \/ (forall k, In k l -> u k <= 0)).
  { clear. induction l as [|k l IH]; [right; intros k []|].
    destruct IH as [(m & Hm & Hu)|H]; [left; exists m; split; [right; exact Hm|exact Hu]|].
    destruct (Rlt_or_le 0 (u k)) as [Hk|Hk]; [left; exists k; split; [left; reflexivity|exact Hk]|].
    right. intros m [<-|Hm]; [exact Hk|apply H; exact Hm]. }
  destruct D as [D|D].
  - destruct (IH D) as (t & Ht & Hp & k & Hk & Huk & Hz).
    destruct (Rle_or_lt 0 (x j - t * u j)) as [Hj|Hj].
    + exists t. split; [exact Ht|split].
      * intros m [<-|Hm]; [exact Hj|apply Hp; exact Hm].
      * exists k. split; [right; exact Hk|split; assumption].
    + assert (Huj : 0 < u j).
      { destruct (Rlt_or_le 0 (u j)) as [P|P]; [exact P|exfalso]. specialize (Hx j).
        assert (0 <= t * - u j) by (apply Rmult_le_pos; lra). lra. }
      exists (x j / u j). assert (Ht' : 0 <= x j / u j) by (apply Rmult_le_pos; [apply Hx|apply Rlt_le, Rinv_0_lt_compat, Huj]).
      assert (E : x j - x j / u j * u j = 0) by (field; lra).
      assert (Hlt : x j / u j <= t) by (apply (Rmult_le_reg_r (u j)); [exact Huj|lra]).
      split; [exact Ht'|split].
      * intros m [<-|Hm]; [lra|]. specialize (Hp m Hm). specialize (Hx m).
        destruct (Rle_or_lt 0 (u m)) as [P|P].
        -- generalize (Rmult_le_compat_r (u m) _ _ P Hlt). lra.
        -- assert (0 <= x j / u j * - u m) by (apply Rmult_le_pos; lra). lra.
      * exists j. split; [left; reflexivity|split; assumption].
  - apply alone; [exact D|]. destruct Hi as [<-|Hi]; [exact Hu|]. specialize (D i Hi). lra.
Qed.

Definition row_of (u : vector) (j : nat) : R := sum (fun i => A i j * u i) (below n).

Lemma bilinear_row u y : bilinear n A u y = sum (fun j => y j * row_of u j) (below n).
Proof.
  unfold bilinear, row_of. rewrite sum_swap. apply sum_ext; intros j _. rewrite <- sum_scale. apply sum_ext; intros; ring.
Qed.

Lemma step_minus x u t : nonnegative x -> (forall i, (i < n)%nat -> x i = 0 -> u i = 0) -> (forall i, (n <= i)%nat -> u i = 0) ->
  (exists i, (i < n)%nat /\ 0 < u i /\ x i - t * u i = 0) -> (forall i, (i < n)%nat -> 0 <= x i - t * u i) ->
  minimal x -> 0 <= q (fun i => x i + (- t) * u i).
Proof.
  intros Hx Hs Ho (i & Hi & Hu & Hz) Hp (_ & _ & Hm). apply Hm.
  - intros j. destruct (Nat.lt_ge_cases j n) as [Hj|Hj].
    + specialize (Hp j Hj). lra.
    + rewrite (Ho j Hj). specialize (Hx j). lra.
  - intros j Hj E. rewrite E, (Hs j Hj E). ring.
  - exists i. split; [exact Hi|split; [|lra]]. intros E. specialize (Hs i Hi E). lra.
Qed.

Lemma vector_excludes x u : minimal x -> (forall i, (i < n)%nat -> x i = 0 -> u i = 0) -> (forall i, (n <= i)%nat -> u i = 0) ->
  (exists i, 0 < u i) -> (forall j, (j < n)%nat -> x j <> 0 -> 0 <= row_of u j) -> False.
Proof.
  intros Hm Hs Ho (i & Hu) Hr. assert (Hx := proj1 Hm). assert (Hv := proj1 (proj2 Hm)).
  assert (Hi : (i < n)%nat). { destruct (Nat.lt_ge_cases i n) as [H|H]; [exact H|]. rewrite (Ho i H) in Hu. lra. }
  destruct (ratio x u (below n) Hx) as (t & Ht & Hp & k & Hk & Huk & Hz).
  { exists i. split; [apply in_below; exact Hi|exact Hu]. }
  assert (Hp' : forall j, (j < n)%nat -> 0 <= x j - t * u j) by (intros j Hj; apply Hp, in_below; exact Hj).
  assert (Hq := step_minus x u t Hx Hs Ho
    ltac:(exists k; split; [apply in_below; exact Hk|split; assumption]) Hp' Hm).
  cbv beta in Hq. set (z := fun i => x i + - t * u i) in *.
  (* z'Mz = x'Mx − t x'Mu − t z'Mu *)
  assert (E : bilinear n A z z = bilinear n A x x - t * bilinear n A u x - t * bilinear n A u z).
  { unfold z at 1. rewrite bilinear_add. unfold z at 1. rewrite bilinear_add_r.
    rewrite (bilinear_sym n A x u A_sym). ring. }
  assert (H1 : 0 <= bilinear n A u x).
  { rewrite bilinear_row. apply sum_nonneg; intros j Hj. apply in_below in Hj.
    destruct (Req_EM_T (x j) 0) as [E0|E0]; [rewrite E0; lra|]. apply Rmult_le_pos; [apply Hx|apply Hr; assumption]. }
  assert (H2 : 0 <= bilinear n A u z).
  { rewrite bilinear_row. apply sum_nonneg; intros j Hj. apply in_below in Hj.
    destruct (Req_EM_T (x j) 0) as [E0|E0].
    - unfold z. rewrite E0, (Hs j Hj E0). lra.
    - apply Rmult_le_pos; [|apply Hr; assumption]. unfold z. specialize (Hp' j Hj). lra. }
  assert (0 <= t * bilinear n A u x) by (apply Rmult_le_pos; assumption).
  assert (0 <= t * bilinear n A u z) by (apply Rmult_le_pos; assumption). lra.
Qed.

Lemma direction_excludes x d : minimal x -> (forall i, (i < n)%nat -> x i = 0 -> d i = 0) -> (forall i, (n <= i)%nat -> d i = 0) ->
  (exists i, 0 < d i) -> (exists i, d i < 0) -> bilinear n A d d <= 0 -> False.
Proof.
  intros Hm Hs Ho Hpos Hneg Hd.
  assert (one : forall u, (forall i, (i < n)%nat -> x i = 0 -> u i = 0) -> (forall i, (n <= i)%nat -> u i = 0) ->
    (exists i, 0 < u i) -> bilinear n A u u <= 0 -> 0 <= bilinear n A u x -> False).
  { clear Hs Ho Hpos Hneg Hd d. intros u Hs Ho (i & Hu) Hd Hc. assert (Hx := proj1 Hm). assert (Hv := proj1 (proj2 Hm)).
    assert (Hi : (i < n)%nat). { destruct (Nat.lt_ge_cases i n) as [H|H]; [exact H|]. rewrite (Ho i H) in Hu. lra. }
    destruct (ratio x u (below n) Hx) as (t & Ht & Hp & k & Hk & Huk & Hz).
    { exists i. split; [apply in_below; exact Hi|exact Hu]. }
    assert (Hq := step_minus x u t Hx Hs Ho
      ltac:(exists k; split; [apply in_below; exact Hk|split; assumption])
      ltac:(intros j Hj; apply Hp, in_below; exact Hj) Hm).
    cbv beta in Hq. rewrite bilinear_add, !bilinear_add_r, (bilinear_sym n A x u A_sym) in Hq.
    assert (0 <= t * bilinear n A u x) by (apply Rmult_le_pos; assumption).
    assert (0 <= t * t * - bilinear n A u u) by (apply Rmult_le_pos; [apply Rle_0_sqr|lra]). lra. }
  destruct (Rle_or_lt 0 (bilinear n A d x)) as [H|H].
  - exact (one d Hs Ho Hpos Hd H).
  - set (e := fun i => 0 + (- 1) * d i).
    assert (Z : forall y, bilinear n A (fun _ => 0) y = 0).
    { intros y. unfold bilinear. apply sum_zero; intros. apply sum_zero; intros; ring. }
    assert (E : forall y, bilinear n A e y = - bilinear n A d y).
    { intros y. unfold e. rewrite (bilinear_add n A (fun _ => 0) d y), Z. ring. }
    apply (one e).
    + intros i Hi E0. unfold e. rewrite (Hs i Hi E0). ring.
    + intros i Hi. unfold e. rewrite (Ho i Hi). ring.
    + destruct Hneg as (i & Hi). exists i. unfold e. lra.
    + rewrite E. rewrite (bilinear_sym n A d e A_sym), E. lra.
    + rewrite E. lra.
Qed.

End Violators.
