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

Definition says_positive (v : nat) (B : block) : bool :=
  match Spec.entries B with
  | [(i, j, w, c)] => Nat.eqb (rows B) 1 && Nat.eqb i 0 && Nat.eqb j 0 && Nat.eqb v w && Z.ltb 0 (Qnum c)
  | _ => false
  end.

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
  unfold says_positive. intros H Hp. destruct B as [r es]. cbn [Spec.entries rows] in *.
  destruct es as [|[[[i j] w] c] [|? ?]]; try discriminate.
  repeat (apply andb_true_iff in H; let h := fresh in destruct H as [H h]).
  apply Nat.eqb_eq in H. apply Nat.eqb_eq in H1. apply Nat.eqb_eq in H2. apply Nat.eqb_eq in H3. subst.
  apply Z.ltb_lt in H0.
  assert (Hd := psd_diagonal 1 _ 0 Hp ltac:(lia)). unfold block_at in Hd. simpl in Hd.
  assert (0 < Q2R c). { unfold Q2R. apply Rmult_lt_0_compat; [apply IZR_lt; exact H0|]. apply Rinv_0_lt_compat, IZR_lt. reflexivity. }
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

(* ---- a form is nonnegative at the atoms ---- *)

(* e >= 0 on the cone, and f >= 0 where e x_v = 0 for every v; needed above level 0 *)
Record ends := { sign_of_unit : identity; at_zero : identity }.
Record core := { main : identity; other_ends : option ends }.

Definition with_zeros (K : cone) (e : poly) (d : nat) : cone :=
  {| tables := tables K; forms := forms K; zeros := zeros K ++ map (fun v => shift [v] e) (below d); signs := signs K |}.

Definition core_ok (K : cone) (d : nat) (e f : poly) (c : core) : bool :=
  proves K (level (main c) + 2) e f (main c) &&
  (Nat.eqb (level (main c)) 0 ||
   match other_ends c with
   | None => false
   | Some s => Nat.eqb (level (sign_of_unit s)) 0 && proves K 1 [] e (sign_of_unit s) &&
               Nat.eqb (level (at_zero s)) 0 && proves (with_zeros K e d) 2 [] f (at_zero s)
   end).

Lemma core_ok_nonneg K d e f c x : cone_at K x -> core_ok K d e f c = true -> 0 <= pval x f.
Proof.
  intros HK H. unfold core_ok in H. apply andb_true_iff in H; destruct H as [Hm H].
  apply (proves_ok _ _ _ _ _ x HK) in Hm. apply orb_true_iff in H. destruct H as [H|H].
  { apply Nat.eqb_eq in H. rewrite H in Hm. simpl in Hm. lra. }
  destruct (other_ends c) as [s|]; [|discriminate].
  apply andb_true_iff in H; destruct H as [H Hz]. apply andb_true_iff in H; destruct H as [H Hl].
  apply andb_true_iff in H; destruct H as [Hl' He].
  apply Nat.eqb_eq in Hl. apply Nat.eqb_eq in Hl'.
  apply (proves_ok _ _ _ _ _ x HK) in He. rewrite Hl' in He. simpl pow in He.
  destruct (Req_dec (pval x e) 0) as [E|E].
  - assert (HK' : cone_at (with_zeros K e d) x).
    { destruct HK as (HB & Hg & HE & Hs). split; [exact HB|split; [exact Hg|split; [|exact Hs]]].
      intros E' Hi. cbn [zeros with_zeros] in Hi. apply in_app_iff in Hi. destruct Hi as [Hi|Hi]; [apply HE; exact Hi|].
      apply in_map_iff in Hi. destruct Hi as (v & <- & _). rewrite shift_val, E. ring. }
    apply (proves_ok _ _ _ _ _ x HK') in Hz. rewrite Hl in Hz. simpl pow in Hz. lra.
  - assert (0 < pval x e ^ level (main c)) by (apply pow_lt; lra).
    apply (Rmult_le_reg_l (pval x e ^ level (main c))); [assumption|]. lra.
Qed.

(* cells: every x has a'x >= 0 or −a'x >= 0, one more block of order one *)
Inductive cells := Cell (c : core) | Cut (a : list (nat * Z)) (positive negative : cells).

Definition linear_poly (a : list (nat * Z)) (s : Z) : poly := map (fun t => ([fst t], (s * snd t)%Z)) a.
Definition half_space (K : cone) (a : list (nat * Z)) (s : Z) : cone :=
  let signs' := match a with
    | [(v, c)] => if Z.ltb 0 (s * c) then map (fun w => Nat.eqb v w || nth w (signs K) false) (below (length (signs K))) else signs K
    | _ => signs K end in
  {| tables := tables K ++ [ [[linear_poly a s]] ]; forms := forms K; zeros := zeros K; signs := signs' |}.

Fixpoint cells_ok (K : cone) (d : nat) (e f : poly) (t : cells) : bool :=
  match t with
  | Cell c => core_ok K d e f c
  | Cut a t1 t2 => cells_ok (half_space K a 1) d e f t1 && cells_ok (half_space K a (-1)) d e f t2
  end.

Lemma linear_poly_val x a s : pval x (linear_poly a s) = IZR s * sum (fun t => IZR (snd t) * x (fst t)) a.
Proof.
  unfold pval, linear_poly. rewrite sum_map, <- sum_scale. apply sum_ext; intros t _. cbn [fst snd]. rewrite mult_IZR. simpl. ring.
Qed.

Lemma half_space_at K a s x : cone_at K x -> 0 <= IZR s * sum (fun t => IZR (snd t) * x (fst t)) a -> cone_at (half_space K a s) x.
Proof.
  intros (HB & Hg & HE & Hs) Ha. split; [|split; [exact Hg|split; [exact HE|]]]; cbn [tables signs half_space].
  - intros B Hi. apply in_app_iff in Hi. destruct Hi as [Hi|[<-|[]]]; [apply HB; exact Hi|].
    rewrite <- linear_poly_val in Ha.
    exists [fun i => match i with O => sqrt (pval x (linear_poly a s)) | _ => 0 end]. intros i j. unfold look, gram_of.
    destruct i as [|[|i]]; destruct j as [|[|j]]; cbn [nth sum fold_right]; try (unfold sum; simpl; unfold pval; simpl; ring).
    unfold sum; cbn [fold_right]. rewrite sqrt_sqrt by exact Ha. ring.
  - intros v Hv. destruct a as [|[w c] [|? ?]]; try (apply Hs; exact Hv).
    destruct (Z.ltb_spec 0 (s * c)) as [Hc|_]; [|apply Hs; exact Hv].
    unfold is_positive in Hv. destruct (Nat.lt_ge_cases v (length (signs K))) as [Hi|Hi].
    + rewrite nth_map_below in Hv by exact Hi. apply orb_true_iff in Hv. destruct Hv as [Hv|Hv]; [|apply Hs; exact Hv].
      apply Nat.eqb_eq in Hv. subst. apply IZR_lt in Hc. rewrite mult_IZR in Hc. simpl in Ha.
      destruct (Rle_or_lt 0 (x v)) as [P|P]; [exact P|exfalso]. nra.
    + rewrite nth_beyond in Hv by exact Hi. discriminate.
Qed.

Lemma cells_ok_nonneg t : forall K d e f x, cone_at K x -> cells_ok K d e f t = true -> 0 <= pval x f.
Proof.
  induction t as [c|a t1 IH1 t2 IH2]; intros K d e f x HK H; cbn [cells_ok] in H.
  - exact (core_ok_nonneg K d e f c x HK H).
  - apply andb_true_iff in H; destruct H as [H1 H2].
    destruct (Rle_or_lt 0 (sum (fun t => IZR (snd t) * x (fst t)) a)) as [Ha|Ha].
    + apply (IH1 (half_space K a 1) d e f x); [|exact H1]. apply half_space_at; [exact HK|lra].
    + apply (IH2 (half_space K a (-1)) d e f x); [|exact H2]. apply half_space_at; [exact HK|lra].
Qed.

(* C − Σ y_i A_i, or −Σ y_i A_i *)
Definition scaled_form (c : Q) (f : form) : form := map (fun t => match t with (v, w, d) => (v, w, (c * d)%Q) end) f.
Definition combined (C : form) (y : list Q) (es : list (form * Q)) : form :=
  C ++ flat_map (fun t => scaled_form (- fst t) (fst (snd t))) (combine y es).
Definition dot (y : list Q) (es : list (form * Q)) : Q := fold_right (fun t s => (fst t * snd (snd t) + s)%Q) 0%Q (combine y es).

Lemma pairing_app f g Y : pairing (f ++ g) Y = pairing f Y + pairing g Y.
Proof. unfold pairing. apply sum_app. Qed.

Lemma pairing_scaled c f Y : pairing (scaled_form c f) Y = Q2R c * pairing f Y.
Proof.
  unfold pairing, scaled_form. rewrite sum_map, <- sum_scale. apply sum_ext. intros [[v w] d] _. rewrite Q2R_mult. ring.
Qed.

Lemma combined_val C y es Y : (forall A b, In (A, b) es -> pairing A Y = Q2R b) ->
  pairing (combined C y es) Y = pairing C Y - Q2R (dot y es).
Proof.
  intros H. unfold combined, dot. rewrite pairing_app. unfold Rminus. f_equal.
  assert (Hc : forall l : list (Q * (form * Q)), (forall t, In t l -> In (snd t) es) ->
    pairing (flat_map (fun t => scaled_form (- fst t) (fst (snd t))) l) Y =
    - Q2R (fold_right (fun t s => (fst t * snd (snd t) + s)%Q) 0%Q l)).
  { induction l as [|[c [A b]] l IH]; intros Hl; cbn [flat_map fold_right fst snd].
    - unfold pairing, Q2R. simpl. ring.
    - rewrite pairing_app, pairing_scaled, IH by (intros; apply Hl; right; assumption).
      rewrite Q2R_plus, Q2R_mult, Q2R_opp, (H A b); [ring|]. apply (Hl (c, (A, b))). left; reflexivity. }
  apply Hc. intros [c [A b]] Hi. apply in_combine_r in Hi. exact Hi.
Qed.

Record dual := { multiplier_unit : list (nat * Z); dual_y : list Q; dual_cells : cells }.

Definition nonnegative_form (p : program) (F : form) (c : dual) : bool :=
  cone_ok p && inside p F && form_ok F &&
  cells_ok (cone_of p) (dim p) (linear_poly (multiplier_unit c) 1) (form_poly (form_denominator F) F) (dual_cells c).

Lemma nonnegative_form_ok p F c : nonnegative_form p F c = true -> forall Y, in_cone p Y -> 0 <= pairing F Y.
Proof.
  unfold nonnegative_form. intros H. apply andb_true_iff in H; destruct H as [H Hc]. apply andb_true_iff in H; destruct H as [H Hf].
  apply andb_true_iff in H; destruct H as [Hk Hi]. apply (nonnegative_on_cone p F Hi). intros x Hx.
  apply (cells_ok_nonneg _ _ _ _ _ x (cone_of_at p x Hk Hx)) in Hc. unfold form_ok in Hf.
  rewrite form_poly_val in Hc by exact Hf. generalize (common_pos _ _ Hf). intros. nra.
Qed.

Definition lower (p : program) (b : Q) (c : dual) : bool :=
  nonnegative_form p (combined (objective p) (dual_y c) (equations p)) c && Qle_bool b (dot (dual_y c) (equations p)).

Lemma lower_ok p b c : lower p b c = true -> holds (LowerBound p b).
Proof.
  unfold lower. intros H Y [HY He]. apply andb_true_iff in H; destruct H as [H Hb].
  apply (nonnegative_form_ok p _ c H) in HY. rewrite (combined_val _ _ _ Y He) in HY.
  apply Qle_bool_iff, Qle_Rle in Hb. lra.
Qed.

Definition no_feasible (p : program) (c : dual) : bool :=
  nonnegative_form p (combined [] (dual_y c) (equations p)) c && negb (Qle_bool (dot (dual_y c) (equations p)) 0).

Lemma no_feasible_ok p c : no_feasible p c = true -> holds (Infeasible p).
Proof.
  unfold no_feasible. intros H Y [HY He]. apply andb_true_iff in H; destruct H as [H Hb].
  apply (nonnegative_form_ok p _ c H) in HY. rewrite (combined_val _ _ _ Y He) in HY.
  apply negb_true_iff in Hb.
  assert (Hn : ~ (dot (dual_y c) (equations p) <= 0)%Q) by (intros Hq; apply Qle_bool_iff in Hq; congruence).
  apply Qnot_le_lt, Qlt_Rlt in Hn. unfold pairing in HY. simpl in HY.
  replace (Q2R 0) with 0 in Hn by (unfold Q2R; simpl; ring). lra.
Qed.

Definition form_copositive (p : program) (c : dual) : bool := nonnegative_form p (objective p) c.

(* ---- points ---- *)

Record weighted_atom := { weight : Q; point : list Z; block_factors : list factorization }.
Definition at_point (X : list Z) (v : nat) : R := IZR (nth v X 0%Z).

Definition value (X : list Z) (f : poly) : Z :=
  fold_right (fun t s => (snd t * fold_right (fun v r => (nth v X 0 * r)%Z) 1%Z (fst t) + s)%Z) 0%Z f.

Lemma value_ok X f : IZR (value X f) = pval (at_point X) f.
Proof.
  unfold value, pval. induction f as [|[m c] f IH]; [reflexivity|]. cbn [fold_right]. rewrite plus_IZR, mult_IZR, IH.
  change (sum ?g (?a :: f)) with (g a + sum g f). cbv beta. f_equal. f_equal.
  cbn [fst snd]. induction m as [|v m IHm]; [reflexivity|]. cbn [fold_right mval]. rewrite mult_IZR, IHm. reflexivity.
Qed.

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

Lemma in_combine_has {A B} (l : list A) (m : list B) a : length m = length l -> In a l -> exists b, In (a, b) (combine l m).
Proof.
  revert m; induction l as [|c l IH]; intros [|b m] Hl Hi; simpl in *; try discriminate; [destruct Hi|].
  destruct Hi as [<-|Hi]; [exists b; left; reflexivity|]. destruct (IH m ltac:(lia) Hi) as (d & Hd). exists d. right; exact Hd.
Qed.

Lemma atom_ok_atom p X Fs : atom_ok p X Fs = true -> atom p (at_point X).
Proof.
  unfold atom_ok, cone_ok. intros H. apply andb_true_iff in H; destruct H as [H HE]. apply andb_true_iff in H; destruct H as [H Hg].
  apply andb_true_iff in H; destruct H as [H HB]. apply andb_true_iff in H; destruct H as [Hk Hl].
  apply andb_true_iff in Hk; destruct Hk as [Hk Hkv]. apply andb_true_iff in Hk; destruct Hk as [_ Hkg].
  apply Nat.eqb_eq in Hl. rewrite forallb_forall in HE, Hg, HB, Hkv, Hkg. split; [|split].
  - intros B Hi. destruct (in_combine_has _ Fs B Hl Hi) as (F & HF). apply (block_at_point_ok X B F). apply (HB (B, F) HF).
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
