(* Claims about programs over the closed convex cone of all xx', x in K. *)

Require Import List Reals Lra Lia ZArith QArith Qreals Bool Psatz.
Require Import Spec Sums Kernels Polynomials Means Identity Rationals Matrices.
Import ListNotations.
Open Scope R_scope.

(* ---- forms and cones in integers ---- *)

Definition coefficient (t : nat * nat * Q) : Q := snd t.
Definition form_denominator (f : form) : Z := denominator (map coefficient f).
Definition form_ok (f : form) : bool := common_ok (form_denominator f) (map coefficient f).
Definition form_poly (P : Z) (f : form) : poly := map (fun t => match t with (v, w, c) => ([v; w], whole P c) end) f.

Lemma form_poly_val P f x : common_ok P (map coefficient f) = true -> pval x (form_poly P f) = IZR P * at_form f x.
Proof.
  intros H. unfold pval, form_poly, at_form, pairing, outer. rewrite sum_map, <- sum_scale. apply sum_ext.
  intros [[v w] c] Hi. cbn [fst snd]. rewrite (common_in P _ c H); [simpl; ring|].
  apply in_map_iff. exists (v, w, c). split; [reflexivity|exact Hi].
Qed.

Definition block_coefficient (e : nat * nat * nat * Q) : Q := snd e.
Definition block_denominator (B : block) : Z := denominator (map block_coefficient (Spec.entries B)).
Definition block_table (B : block) : table :=
  let P := block_denominator B in
  map (fun i => map (fun j => map (fun e => match e with (_, _, v, c) => ([v], whole P c) end)
    (filter (fun e => match e with (a, b, _, _) => (Nat.eqb a (Nat.min i j) && Nat.eqb b (Nat.max i j))%bool end) (Spec.entries B)))
    (below (rows B))) (below (rows B)).

(* c x_v >= 0 with c > 0, perhaps written in parts *)
Definition says_positive (v : nat) (B : block) : bool :=
  Nat.eqb (rows B) 1 &&
  forallb (fun e => match e with (i, j, w, _) => Nat.eqb v w && Nat.eqb i 0 && Nat.eqb j 0 end) (Spec.entries B) &&
  Z.ltb 0 (Qnum (fold_right (fun e s => (block_coefficient e + s)%Q) 0%Q (Spec.entries B))).

Definition cone_of (p : program) : cone :=
  {| tables := map block_table (blocks p);
     forms := map (fun g => form_poly (form_denominator g) g) (generators p);
     zeros := map (fun E => form_poly (form_denominator E) E) (vanishing p);
     signs := map (fun v => existsb (says_positive v) (blocks p)) (below (dim p)) |}.
Definition cone_ok (p : program) : bool :=
  forallb (fun B => common_ok (block_denominator B) (map block_coefficient (Spec.entries B))) (blocks p) &&
  forallb form_ok (generators p) && forallb form_ok (vanishing p).

Lemma sum_filter {A} (f : A -> R) (k : A -> bool) l : sum f (filter k l) = sum (fun a => if k a then f a else 0) l.
Proof. induction l as [|a l IH]; [reflexivity|]. cbn [filter]. change (sum ?g (a :: l)) with (g a + sum g l). cbv beta.
  rewrite <- IH. destruct (k a); [reflexivity|ring]. Qed.

Lemma block_table_val B x i j : common_ok (block_denominator B) (map block_coefficient (Spec.entries B)) = true ->
  (i < rows B)%nat -> (j < rows B)%nat -> pval x (look (block_table B) i j) = IZR (block_denominator B) * block_at B x i j.
Proof.
  intros H Hi Hj. unfold look, block_table. rewrite nth_map_below by exact Hi. rewrite nth_map_below by exact Hj.
  unfold pval, block_at. rewrite sum_map, sum_filter, <- sum_scale. apply sum_ext. intros [[[a b] v] c] He.
  destruct (Nat.eqb a (Nat.min i j) && Nat.eqb b (Nat.max i j))%bool; [|ring]. cbn [fst snd].
  rewrite (common_in _ _ c H); [simpl; ring|]. apply in_map_iff. exists (a, b, v, c). split; [reflexivity|exact He].
Qed.

Lemma block_at_sym B x i j : block_at B x i j = block_at B x j i.
Proof. unfold block_at. rewrite (Nat.min_comm i j), (Nat.max_comm i j). reflexivity. Qed.

Lemma nth_beyond {A} n (f : nat -> A) d i : (n <= i)%nat -> nth i (map f (below n)) d = d.
Proof. intros H. apply nth_overflow. rewrite map_length. unfold below. rewrite seq_length. exact H. Qed.

Lemma block_is_ok B x : common_ok (block_denominator B) (map block_coefficient (Spec.entries B)) = true ->
  PSD (rows B) (block_at B x) -> block_ok x (block_table B).
Proof.
  intros H Hp. set (n := rows B). set (P := IZR (block_denominator B)).
  assert (HP : 0 < P) by exact (common_pos _ _ H).
  set (A := fun i j => if (Nat.ltb i n && Nat.ltb j n)%bool then P * block_at B x i j else 0).
  destruct (psd_gram_all n A) as [ls Hl].
  - intros i j. unfold A. rewrite (andb_comm (Nat.ltb i n)), (block_at_sym B x i j). reflexivity.
  - intros u. rewrite (bilinear_ext n A (fun i j => P * block_at B x i j) u u u u).
    + replace (bilinear n (fun i j => P * block_at B x i j) u u) with (P * bilinear n (block_at B x) u u).
      * apply Rmult_le_pos; [lra|apply Hp].
      * unfold bilinear. rewrite <- sum_scale. apply sum_ext; intros i _. rewrite <- sum_scale. apply sum_ext; intros; ring.
    + intros i j Hi Hj. unfold A. apply Nat.ltb_lt in Hi. apply Nat.ltb_lt in Hj. rewrite Hi, Hj. reflexivity.
  - intros i j Hi. unfold A. apply Nat.ltb_ge in Hi. rewrite Hi. reflexivity.
  - exists ls. intros i j. rewrite <- Hl. unfold A.
    destruct (Nat.ltb_spec i n) as [Hi|Hi]; [destruct (Nat.ltb_spec j n) as [Hj|Hj]|]; cbn [andb].
    + apply block_table_val; assumption.
    + unfold look, block_table. rewrite nth_map_below by exact Hi. rewrite nth_beyond by exact Hj. reflexivity.
    + unfold look, block_table. rewrite nth_beyond by exact Hi. destruct j; reflexivity.
Qed.

Lemma positive_says x v B : says_positive v B = true -> PSD (rows B) (block_at B x) -> 0 <= x v.
Proof.
  unfold says_positive. intros H Hp. apply andb_true_iff in H; destruct H as [H Hc]. apply andb_true_iff in H; destruct H as [H He].
  apply Nat.eqb_eq in H. rewrite H in Hp. apply Z.ltb_lt in Hc. rewrite forallb_forall in He.
  assert (Hd := psd_diagonal 1 _ 0 Hp ltac:(lia)). unfold block_at in Hd. cbn [Nat.min Nat.max] in Hd.
  set (C := fold_right (fun e s => (block_coefficient e + s)%Q) 0%Q (Spec.entries B)) in *.
  assert (E : sum (fun e => match e with (a, b, v, c) => if (Nat.eqb a 0 && Nat.eqb b 0)%bool then Q2R c * x v else 0 end) (Spec.entries B)
    = Q2R C * x v).
  { unfold C. clear Hd Hc C Hp. induction (Spec.entries B) as [|[[[a b] w] c] l IH]; [unfold Q2R; simpl; ring|].
    cbn [fold_right]. change (sum ?g (?a :: l)) with (g a + sum g l). cbv beta iota. rewrite IH by (intros; apply He; right; assumption).
    specialize (He _ (or_introl eq_refl)). cbv beta iota in He. apply andb_true_iff in He; destruct He as [He Hb].
    apply andb_true_iff in He; destruct He as [Hv Ha]. rewrite Ha, Hb. cbn [andb]. apply Nat.eqb_eq in Hv. subst w.
    rewrite Q2R_plus. unfold block_coefficient at 2. cbn [snd]. ring. }
  rewrite E in Hd.
  assert (0 < Q2R C). { unfold Q2R. apply Rmult_lt_0_compat; [apply IZR_lt; exact Hc|]. apply Rinv_0_lt_compat, IZR_lt. reflexivity. }
  nra.
Qed.

Lemma cone_of_at p x : cone_ok p = true -> atom p x -> cone_at (cone_of p) x.
Proof.
  unfold cone_ok. intros H (HB & Hg & HE). apply andb_true_iff in H; destruct H as [H Hv]. apply andb_true_iff in H; destruct H as [Hb Hf].
  rewrite forallb_forall in Hb, Hf, Hv. split; [|split; [|split]]; cbn [tables forms zeros signs cone_of].
  - intros T HT. apply in_map_iff in HT. destruct HT as (B & <- & Hi). apply block_is_ok; [apply Hb; exact Hi|apply HB; exact Hi].
  - intros g' Hi. apply in_map_iff in Hi. destruct Hi as (g & <- & Hi). specialize (Hf g Hi). unfold form_ok in Hf.
    rewrite form_poly_val by exact Hf. apply Rmult_le_pos; [apply Rlt_le, (common_pos _ _ Hf)|apply Hg; exact Hi].
  - intros E' Hi. apply in_map_iff in Hi. destruct Hi as (E & <- & Hi). specialize (Hv E Hi). unfold form_ok in Hv.
    rewrite form_poly_val by exact Hv. rewrite HE by exact Hi. ring.
  - intros v H. unfold is_positive in H. destruct (Nat.lt_ge_cases v (dim p)) as [Hi|Hi].
    + rewrite nth_map_below in H by exact Hi. apply existsb_exists in H. destruct H as (B & Hin & H).
      apply (positive_says x v B H). apply HB; exact Hin.
    + rewrite nth_beyond in H by exact Hi. discriminate.
Qed.

(* ---- the closed convex cone ---- *)

Definition inside (p : program) (f : form) : bool :=
  forallb (fun t => match t with (v, w, _) => Nat.ltb v (dim p) && Nat.ltb w (dim p) end) f.

Lemma pairing_mixture f m : pairing f (mixture m) = sum (fun t => fst t * at_form f (snd t)) m.
Proof.
  unfold at_form, pairing, mixture. induction m as [|[w x] m IH].
  - simpl. apply sum_zero. intros [[v u] c] _. ring.
  - change (sum ?g ((w, x) :: m)) with (g (w, x) + sum g m). cbv beta. rewrite <- IH, <- sum_scale, <- sum_plus.
    apply sum_ext. intros [[v u] c] _. change (sum ?g ((w, x) :: m)) with (g (w, x) + sum g m). cbn [fst snd]. ring.
Qed.

Lemma nonnegative_on_cone p f : inside p f = true -> (forall x, atom p x -> 0 <= at_form f x) ->
  forall Y, in_cone p Y -> 0 <= pairing f Y.
Proof.
  intros Hf Hx Y HY. destruct (Rle_or_lt 0 (pairing f Y)) as [H|H]; [exact H|exfalso].
  set (S := sum (fun t => match t with (v, w, c) => Rabs (Q2R c) end) f).
  assert (HS : 0 <= S) by (apply sum_nonneg; intros [[v w] c] _; apply Rabs_pos).
  set (eps := - pairing f Y / (2 * (1 + S))).
  assert (Heps : 0 < eps) by (apply Rmult_lt_0_compat; [lra|apply Rinv_0_lt_compat; lra]).
  destruct (HY eps Heps) as (m & Hm & Hc).
  assert (Hp : 0 <= pairing f (mixture m)).
  { rewrite pairing_mixture. apply sum_nonneg. intros [w x] Hi. destruct (Hm w x Hi) as [Hw Ha]. cbn [fst snd].
    apply Rmult_le_pos; [exact Hw|apply Hx; exact Ha]. }
  assert (Hd : Rabs (pairing f Y - pairing f (mixture m)) <= eps * S).
  { unfold pairing, S. rewrite <- sum_minus, <- sum_scale. eapply Rle_trans; [apply sum_abs|]. apply sum_le.
    intros [[v w] c] Hi. unfold inside in Hf. rewrite forallb_forall in Hf. specialize (Hf _ Hi). cbv beta iota in Hf.
    apply andb_true_iff in Hf. destruct Hf as [Hv Hw]. apply Nat.ltb_lt in Hv. apply Nat.ltb_lt in Hw.
    replace (Q2R c * Y v w - Q2R c * mixture m v w) with (Q2R c * (Y v w - mixture m v w)) by ring.
    rewrite Rabs_mult. specialize (Hc v w Hv Hw). assert (Ha := Rabs_pos (Q2R c)).
    rewrite (Rmult_comm eps). apply Rmult_le_compat_l; assumption. }
  assert (He : eps * (2 * (1 + S)) = - pairing f Y) by (unfold eps; field; lra).
  generalize (Rle_abs (- (pairing f Y - pairing f (mixture m)))). rewrite Rabs_Ropp. nra.
Qed.
