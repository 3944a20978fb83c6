(* Polynomials with integer coefficients: lists of monomials and search trees of them.

   A tree need not be balanced or even sorted for what is proved about it: only its sum matters. *)

Require Import List Reals Lra Lia ZArith Bool.
Require Import Spec Sums.
Import ListNotations.
Open Scope R_scope.

Notation mono := (list nat).                      (* x_v1 … x_vd *)
Notation poly := (list (list nat * Z)).

Definition mval (x : vector) (m : mono) : R := fold_right (fun v r => x v * r) 1 m.
Definition pval (x : vector) (p : poly) : R := sum (fun t => IZR (snd t) * mval x (fst t)) p.

Lemma mval_app x a b : mval x (a ++ b) = mval x a * mval x b.
Proof. induction a; simpl; [ring|]. rewrite IHa; ring. Qed.

Fixpoint compare_mono (a b : mono) : comparison :=
  match a, b with
  | [], [] => Eq
  | [], _ => Lt
  | _, [] => Gt
  | v :: a', w :: b' => match Nat.compare v w with Eq => compare_mono a' b' | c => c end
  end.

Lemma compare_mono_eq : forall a b, compare_mono a b = Eq -> a = b.
Proof.
  induction a as [|v a IH]; destruct b as [|w b]; simpl; intros H; try discriminate; [reflexivity|].
  destruct (Nat.compare_spec v w); try discriminate. subst. f_equal. apply IH; exact H.
Qed.

Fixpoint insert (v : nat) (m : mono) : mono :=
  match m with
  | [] => [v]
  | w :: m' => if Nat.leb v w then v :: m else w :: insert v m'
  end.
Definition sorted (m : mono) : mono := fold_left (fun s v => insert v s) m [].

Lemma mval_insert x v m : mval x (insert v m) = x v * mval x m.
Proof. induction m as [|w m IH]; simpl; [reflexivity|]. destruct (Nat.leb v w); simpl; [reflexivity|]. rewrite IH; ring. Qed.

Lemma mval_sorted x m : mval x (sorted m) = mval x m.
Proof.
  unfold sorted. assert (H : forall s, mval x (fold_left (fun s v => insert v s) m s) = mval x s * mval x m).
  { induction m as [|v m IH]; simpl; intros s; [ring|]. rewrite IH, mval_insert. ring. }
  rewrite H. simpl. ring.
Qed.

(* ---- red-black trees ---- *)

Inductive tree := Leaf | Node (red : bool) (l : tree) (k : mono) (c : Z) (r : tree).

Fixpoint tval (f : mono -> R) (t : tree) : R :=
  match t with Leaf => 0 | Node _ l k c r => tval f l + IZR c * f k + tval f r end.

Definition balance (red : bool) (l : tree) (k : mono) (c : Z) (r : tree) : tree :=
  if red then Node red l k c r else
  match l, r with
  | Node true (Node true a kx cx b) ky cy d, _ => Node true (Node false a kx cx b) ky cy (Node false d k c r)
  | Node true a kx cx (Node true b ky cy d), _ => Node true (Node false a kx cx b) ky cy (Node false d k c r)
  | _, Node true (Node true b ky cy d) kz cz e => Node true (Node false l k c b) ky cy (Node false d kz cz e)
  | _, Node true b ky cy (Node true d kz cz e) => Node true (Node false l k c b) ky cy (Node false d kz cz e)
  | _, _ => Node red l k c r
  end.

Lemma tval_balance f red l k c r : tval f (balance red l k c r) = tval f l + IZR c * f k + tval f r.
Proof.
  unfold balance. destruct red; [reflexivity|].
  destruct l as [|[] [|[] ? ? ? ?] ? ? [|[] ? ? ? ?]]; destruct r as [|[] [|[] ? ? ? ?] ? ? [|[] ? ? ? ?]]; simpl; ring.
Qed.

Fixpoint ins (k : mono) (c : Z) (t : tree) : tree :=
  match t with
  | Leaf => Node true Leaf k c Leaf
  | Node red l k' c' r =>
      match compare_mono k k' with
      | Eq => Node red l k' (c + c') r
      | Lt => balance red (ins k c l) k' c' r
      | Gt => balance red l k' c' (ins k c r)
      end
  end.

Definition add (k : mono) (c : Z) (t : tree) : tree :=
  match ins k c t with Leaf => Leaf | Node _ l k' c' r => Node false l k' c' r end.

Lemma tval_ins f k c t : tval f (ins k c t) = IZR c * f k + tval f t.
Proof.
  induction t as [|red l IHl k' c' r IHr]; simpl; [ring|].
  destruct (compare_mono k k') eqn:E.
  - apply compare_mono_eq in E; subst. simpl. rewrite plus_IZR. ring.
  - rewrite tval_balance, IHl. ring.
  - rewrite tval_balance, IHr. ring.
Qed.

Lemma tval_add f k c t : tval f (add k c t) = IZR c * f k + tval f t.
Proof. rewrite <- tval_ins. unfold add. destruct (ins k c t); reflexivity. Qed.

Fixpoint onto (t : tree) (acc : poly) : poly :=
  match t with Leaf => acc | Node _ l k c r => onto l (if Z.eqb c 0 then onto r acc else (k, c) :: onto r acc) end.
Definition elements (t : tree) : poly := onto t [].

Lemma onto_sum f t acc : sum (fun e => IZR (snd e) * f (fst e)) (onto t acc) =
  tval f t + sum (fun e => IZR (snd e) * f (fst e)) acc.
Proof.
  revert acc; induction t as [|red l IHl k c r IHr]; intros acc; simpl; [ring|].
  rewrite IHl. destruct (Z.eqb_spec c 0) as [->|_]; simpl; rewrite IHr; ring.
Qed.

Lemma elements_sum f t : sum (fun e => IZR (snd e) * f (fst e)) (elements t) = tval f t.
Proof. unfold elements. rewrite onto_sum. simpl. ring. Qed.

(* ---- arithmetic ---- *)

(* t + z p *)
Definition add_poly (z : Z) (p : poly) (t : tree) : tree :=
  fold_left (fun t e => add (sorted (fst e)) (z * snd e) t) p t.

Lemma add_poly_val x z p t : tval (mval x) (add_poly z p t) = tval (mval x) t + IZR z * pval x p.
Proof.
  unfold add_poly, pval. revert t; induction p as [|e p IH]; intros t; simpl; [ring|].
  rewrite IH, tval_add, mval_sorted, mult_IZR. ring.
Qed.

Lemma pval_cons x e p : pval x (e :: p) = IZR (snd e) * mval x (fst e) + pval x p.
Proof. reflexivity. Qed.

(* x_m p *)
Definition shift (m : mono) (p : poly) : poly := map (fun d => (m ++ fst d, snd d)) p.

Lemma shift_val x m p : pval x (shift m p) = mval x m * pval x p.
Proof.
  induction p as [|e p IH]; [unfold pval; simpl; ring|].
  change (shift m (e :: p)) with ((m ++ fst e, snd e) :: shift m p). rewrite !pval_cons, IH. simpl. rewrite mval_app. ring.
Qed.

(* p q *)
Definition mul (p q : poly) : poly :=
  elements (fold_left (fun t e => add_poly (snd e) (shift (fst e) q) t) p Leaf).

Lemma mul_val x p q : pval x (mul p q) = pval x p * pval x q.
Proof.
  unfold mul. unfold pval at 1. rewrite elements_sum.
  assert (H : forall t, tval (mval x) (fold_left (fun t e => add_poly (snd e) (shift (fst e) q) t) p t) =
    tval (mval x) t + pval x p * pval x q).
  { induction p as [|e p IH]; intros t; cbn [fold_left]; [unfold pval; simpl; ring|].
    rewrite IH, add_poly_val, shift_val, pval_cons. ring. }
  rewrite H. cbn [tval]. ring.
Qed.

(* e^n p *)
Fixpoint power_times (e : poly) (n : nat) (p : poly) : poly :=
  match n with O => p | S n' => mul e (power_times e n' p) end.

Lemma power_times_val x e n p : pval x (power_times e n p) = pval x e ^ n * pval x p.
Proof. induction n; simpl; [ring|]. rewrite mul_val, IHn. ring. Qed.
