(* Sums over lists. *)

Require Import List Reals Lra Lia Permutation.
Require Import Spec.
Import ListNotations.
Open Scope R_scope.

Lemma sum_app {A} (f : A -> R) l m : sum f (l ++ m) = sum f l + sum f m.
Proof. induction l; simpl; lra. Qed.

Lemma sum_ext {A} (f g : A -> R) l : (forall a, In a l -> f a = g a) -> sum f l = sum g l.
Proof.
  induction l as [|a l IH]; intros H; simpl; [reflexivity|].
  rewrite H by (left; reflexivity). rewrite IH; [reflexivity|]. intros; apply H; right; assumption.
Qed.

Lemma sum_scale {A} (f : A -> R) c l : sum (fun a => c * f a) l = c * sum f l.
Proof. induction l; simpl; lra. Qed.

Lemma sum_scale_r {A} (f : A -> R) c l : sum (fun a => f a * c) l = sum f l * c.
Proof. induction l; simpl; lra. Qed.

Lemma sum_plus {A} (f g : A -> R) l : sum (fun a => f a + g a) l = sum f l + sum g l.
Proof. induction l; simpl; lra. Qed.

Lemma sum_minus {A} (f g : A -> R) l : sum (fun a => f a - g a) l = sum f l - sum g l.
Proof. induction l; simpl; lra. Qed.

Lemma sum_zero {A} (f : A -> R) l : (forall a, In a l -> f a = 0) -> sum f l = 0.
Proof.
  induction l as [|a l IH]; intros H; simpl; [reflexivity|].
  rewrite H by (left; reflexivity). rewrite IH; [lra|]. intros; apply H; right; assumption.
Qed.

Lemma sum_nonneg {A} (f : A -> R) l : (forall a, In a l -> 0 <= f a) -> 0 <= sum f l.
Proof.
  induction l as [|a l IH]; intros H; simpl; [lra|].
  assert (0 <= f a) by (apply H; left; reflexivity).
  assert (0 <= sum f l) by (apply IH; intros; apply H; right; assumption). lra.
Qed.

Lemma sum_le {A} (f g : A -> R) l : (forall a, In a l -> f a <= g a) -> sum f l <= sum g l.
Proof.
  induction l as [|a l IH]; intros H; simpl; [lra|].
  assert (f a <= g a) by (apply H; left; reflexivity).
  assert (sum f l <= sum g l) by (apply IH; intros; apply H; right; assumption). lra.
Qed.

Lemma sum_map {A B} (f : B -> R) (h : A -> B) l : sum f (map h l) = sum (fun a => f (h a)) l.
Proof. induction l; simpl; [reflexivity|]. rewrite IHl; reflexivity. Qed.

Lemma sum_flat_map {A B} (f : B -> R) (h : A -> list B) l :
  sum f (flat_map h l) = sum (fun a => sum f (h a)) l.
Proof. induction l; simpl; [reflexivity|]. rewrite sum_app, IHl; reflexivity. Qed.

Lemma sum_swap {A B} (f : A -> B -> R) l m :
  sum (fun a => sum (fun b => f a b) m) l = sum (fun b => sum (fun a => f a b) l) m.
Proof.
  induction l as [|a l IH]; simpl.
  - symmetry; apply sum_zero; reflexivity.
  - rewrite IH, <- sum_plus. reflexivity.
Qed.

Lemma sum_perm {A} (f : A -> R) l m : Permutation l m -> sum f l = sum f m.
Proof. induction 1; simpl; lra. Qed.

Lemma sum_product {A B} (f : A -> R) (g : B -> R) l m :
  sum f l * sum g m = sum (fun a => sum (fun b => f a * g b) m) l.
Proof.
  rewrite <- sum_scale_r. apply sum_ext; intros. rewrite <- sum_scale. reflexivity.
Qed.

Lemma sum_abs {A} (f : A -> R) l : Rabs (sum f l) <= sum (fun a => Rabs (f a)) l.
Proof.
  induction l; simpl. - rewrite Rabs_R0; lra.
  - eapply Rle_trans; [apply Rabs_triang|]. lra.
Qed.

(* f i, if that is the only term that is not zero *)
Lemma sum_single (f : nat -> R) i l : NoDup l -> In i l -> (forall j, In j l -> j <> i -> f j = 0) -> sum f l = f i.
Proof.
  induction l as [|a l IH]; intros Hd Hi Hz; [destruct Hi|].
  inversion Hd; subst. simpl. destruct (Nat.eq_dec a i) as [->|Hn].
  - rewrite (sum_zero f l). + lra. + intros j Hj. apply Hz; [right; exact Hj|]. intros ->; contradiction.
  - rewrite (Hz a) by (try (left; reflexivity); exact Hn).
    rewrite IH; [lra|assumption| |]. + destruct Hi; [contradiction|assumption].
    + intros j Hj; apply Hz; right; exact Hj.
Qed.

Lemma in_below i n : In i (below n) <-> (i < n)%nat.
Proof. unfold below; rewrite in_seq; lia. Qed.

Lemma nodup_below n : NoDup (below n).
Proof. apply seq_NoDup. Qed.

Lemma sum_below_single (f : nat -> R) i n : (i < n)%nat -> (forall j, (j < n)%nat -> j <> i -> f j = 0) ->
  sum f (below n) = f i.
Proof.
  intros Hi Hz. apply sum_single; [apply nodup_below|apply in_below; exact Hi|].
  intros j Hj; apply Hz; apply in_below; exact Hj.
Qed.

Lemma bilinear_ext n A B x y x' y' :
  (forall i j, (i < n)%nat -> (j < n)%nat -> A i j * x i * y j = B i j * x' i * y' j) ->
  bilinear n A x y = bilinear n B x' y'.
Proof.
  intros H. unfold bilinear. apply sum_ext; intros i Hi. apply sum_ext; intros j Hj.
  apply H; apply in_below; assumption.
Qed.

Lemma bilinear_add n A x y z t :
  bilinear n A (fun i => x i + t * y i) z = bilinear n A x z + t * bilinear n A y z.
Proof.
  unfold bilinear. rewrite <- sum_scale, <- sum_plus. apply sum_ext; intros i _.
  rewrite <- sum_scale, <- sum_plus. apply sum_ext; intros j _. ring.
Qed.

Lemma bilinear_sym n A x y : (forall i j, (i < n)%nat -> (j < n)%nat -> A i j = A j i) -> bilinear n A x y = bilinear n A y x.
Proof.
  intros H. unfold bilinear. rewrite sum_swap. apply sum_ext; intros i Hi. apply sum_ext; intros j Hj.
  rewrite (H j i) by (apply in_below; assumption). ring.
Qed.

Lemma bilinear_add_r n A x y z t :
  bilinear n A z (fun i => x i + t * y i) = bilinear n A z x + t * bilinear n A z y.
Proof.
  unfold bilinear. rewrite <- sum_scale, <- sum_plus. apply sum_ext; intros i _.
  rewrite <- sum_scale, <- sum_plus. apply sum_ext; intros j _. ring.
Qed.

Lemma sum_member {A} (f : A -> R) i l : (forall k, In k l -> 0 <= f k) -> In i l -> f i <= sum f l.
Proof.
  induction l as [|a l IH]; intros Hp Hi; [destruct Hi|]. change (sum f (a :: l)) with (f a + sum f l).
  assert (0 <= f a) by (apply Hp; left; reflexivity).
  assert (0 <= sum f l) by (apply sum_nonneg; intros; apply Hp; right; assumption).
  destruct Hi as [<-|Hi]; [lra|]. specialize (IH ltac:(intros; apply Hp; right; assumption) Hi). lra.
Qed.
