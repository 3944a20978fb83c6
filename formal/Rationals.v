(* Rational data as integers over a common denominator, which is computed by any means and then looked at. *)

Require Import List Reals Lra Lia ZArith QArith Qreals Bool.
Require Import Spec Sums Polynomials.
Import ListNotations.
Open Scope R_scope.

Definition exact (P : Z) (c : Q) : bool := Z.eqb (P mod Zpos (Qden c)) 0.
Definition whole (P : Z) (c : Q) : Z := (Qnum c * (P / Zpos (Qden c)))%Z.

Lemma whole_ok P c : exact P c = true -> IZR (whole P c) = IZR P * Q2R c.
Proof.
  unfold exact, whole. intros H. apply Z.eqb_eq in H.
  set (d := Zpos (Qden c)) in *. assert (Hd : (d <> 0)%Z) by discriminate.
  assert (E : P = (d * (P / d))%Z) by (rewrite (Z.div_mod P d Hd) at 1; rewrite H; ring).
  rewrite mult_IZR. rewrite E at 2. rewrite mult_IZR. unfold Q2R. fold d. field. apply not_0_IZR; exact Hd.
Qed.

Definition lcm (a b : Z) : Z := (a / Z.gcd a b * b)%Z.
Definition denominator (l : list Q) : Z := fold_left (fun P c => lcm P (Zpos (Qden c))) l 1%Z.

(* a common denominator: positive, and a multiple of all *)
Definition common_ok (P : Z) (l : list Q) : bool := Z.ltb 0 P && forallb (exact P) l.

Lemma common_in P l c : common_ok P l = true -> In c l -> IZR (whole P c) = IZR P * Q2R c.
Proof. unfold common_ok. intros H Hc. apply andb_true_iff in H. destruct H as [_ H]. rewrite forallb_forall in H. apply whole_ok, H, Hc. Qed.

Lemma common_pos P l : common_ok P l = true -> 0 < IZR P.
Proof. unfold common_ok. intros H. apply andb_true_iff in H. destruct H as [H _]. apply Z.ltb_lt, IZR_lt in H. exact H. Qed.
