(* From e f >= 0 to f >= 0: what a level above 0 leaves open where e(x) = 0.

   Either f >= 0 is proved once more, where e x_v = 0 for every v. Or there are no vanishing forms, the cone is convex,
   and it has a point z with e(z) > 0: then f(x + s z) >= 0 for all s > 0, and f(x) is the limit. *)

Require Import List Reals Lra Lia ZArith Bool Psatz.
Require Import Spec Sums Kernels Polynomials Means Identity Rationals Matrices.
Import ListNotations.
Open Scope R_scope.

(* ---- integer points ---- *)

Definition at_point (X : list Z) (v : nat) : R := IZR (nth v X 0%Z).

Definition value (X : list Z) (f : poly) : Z :=
  fold_right (fun t s => (snd t * fold_right (fun v r => (nth v X 0 * r)%Z) 1%Z (fst t) + s)%Z) 0%Z f.

Lemma value_ok X f : IZR (value X f) = pval (at_point X) f.
Proof.
  unfold value, pval. induction f as [|[m c] f IH]; [reflexivity|]. cbn [fold_right]. rewrite plus_IZR, mult_IZR, IH.
  change (sum ?g (?a :: f)) with (g a + sum g f). cbv beta. f_equal. f_equal.
  cbn [fst snd]. induction m as [|v m IHm]; [reflexivity|]. cbn [fold_right mval]. rewrite mult_IZR, IHm. reflexivity.
Qed.

(* X T(z) = F diag(w) F' *)
Definition table_at (z : list Z) (T : table) (F : factorization) : bool :=
  Z.ltb 0 (common_factor F) && forallb (fun c => Z.leb 0 c) (column_weights F) &&
  Nat.leb (length (factor_rows F)) (length T) && forallb (fun row => Nat.leb (length row) (length T)) T &&
  pairs (length T) (fun i j => Z.eqb (common_factor F * value z (look T i j))
    (inner (weighted (column_weights F) (nth i (factor_rows F) [])) (nth j (factor_rows F) []))).

Lemma table_at_ok z T F : table_at z T F = true -> block_ok (at_point z) T.
Proof.
  unfold table_at. intros H. apply andb_true_iff in H; destruct H as [H Hp]. apply andb_true_iff in H; destruct H as [H Hr].
  apply andb_true_iff in H; destruct H as [H Hl]. apply andb_true_iff in H; destruct H as [HX Hw].
  apply Z.ltb_lt, IZR_lt in HX. apply Nat.leb_le in Hl. rewrite forallb_forall in Hr, Hw.
  set (w := column_weights F) in *. set (X := IZR (common_factor F)) in *.
  set (G := fun k i => at_place (nth i (factor_rows F) []) k).
  exists (map (fun k i => sqrt (at_place w k / X) * G k i) (below (length w))). intros i j.
  unfold gram_of. rewrite sum_map.
  assert (Hk : forall k, In k (below (length w)) -> 0 <= at_place w k / X).
  { intros k Hk. apply in_below in Hk. apply Rmult_le_pos; [|apply Rlt_le, Rinv_0_lt_compat; exact HX].
    unfold at_place. apply IZR_le, Z.leb_le, Hw, nth_In. exact Hk. }
  assert (E : sum (fun k => sqrt (at_place w k / X) * G k i * (sqrt (at_place w k / X) * G k j)) (below (length w)) =
    / X * sum (fun k => at_place w k * (G k i * G k j)) (below (length w))).
  { rewrite <- sum_scale. apply sum_ext; intros k Hi. assert (Hs := sqrt_sqrt _ (Hk k Hi)).
    transitivity (sqrt (at_place w k / X) * sqrt (at_place w k / X) * (G k i * G k j)); [ring|]. rewrite Hs. unfold Rdiv. ring. }
  rewrite E. clear E.
  assert (Z0 : forall i, (length T <= i)%nat -> forall k, G k i = 0).
  { intros i' Hi k. unfold G. rewrite nth_overflow by lia. unfold at_place. destruct k; reflexivity. }
  destruct (Nat.lt_ge_cases i (length T)) as [Hi|Hi]; [destruct (Nat.lt_ge_cases j (length T)) as [Hj|Hj]|].
  - apply (pairs_in _ _ i j) in Hp; [|exact Hi|exact Hj]. apply Z.eqb_eq, (f_equal IZR) in Hp.
    rewrite mult_IZR, value_ok, inner_val in Hp. fold X w in Hp. unfold G. rewrite <- Hp. field. lra.
  - unfold look. rewrite (nth_overflow (nth i T [])).
    + unfold pval; simpl. rewrite sum_zero; [ring|]. intros k _. rewrite (Z0 j Hj). ring.
    + specialize (Hr (nth i T []) (nth_In _ _ Hi)). apply Nat.leb_le in Hr. lia.
  - unfold look. rewrite (nth_overflow T) by exact Hi. rewrite sum_zero by (intros k _; rewrite (Z0 i Hi); ring).
    destruct j; unfold pval; simpl; ring.
Qed.

(* ---- convexity ---- *)

Definition linear (p : poly) : bool := forallb (fun t => Nat.eqb (length (fst t)) 1) p.
Definition along (x z : vector) (s : R) (v : nat) : R := x v + s * z v.

Lemma linear_along p x z s : linear p = true -> pval (along x z s) p = pval x p + s * pval z p.
Proof.
  unfold linear, pval. intros H. rewrite forallb_forall in H. rewrite <- sum_scale, <- sum_plus. apply sum_ext. intros [m c] Hi.
  specialize (H _ Hi). cbn [fst snd] in *. destruct m as [|v [|? ?]]; try discriminate. cbn [mval fold_right]. unfold along. ring.
Qed.

(* x_v >= 0 by the signs, or on the diagonal of a block *)
Definition seen_positive (T : table) (v : nat) : bool :=
  existsb (fun i => match look T i i with [([w], c)] => Nat.eqb v w && Z.ltb 0 c | _ => false end) (below (length T)).
Definition head_positive (K : cone) (v : nat) : bool := is_positive (signs K) v || existsb (fun T => seen_positive T v) (tables K).

Lemma block_diagonal x T i : block_ok x T -> 0 <= pval x (look T i i).
Proof. intros [ls H]. rewrite H. unfold gram_of. apply sum_nonneg; intros. apply Rle_0_sqr. Qed.

Lemma seen_positive_ok T v x : block_ok x T -> seen_positive T v = true -> 0 <= x v.
Proof.
  intros HB Hv. unfold seen_positive in Hv. apply existsb_exists in Hv. destruct Hv as (i & _ & Hv). assert (Hd := block_diagonal x T i HB).
  destruct (look T i i) as [|[[|w [|? ?]] c] [|? ?]]; try discriminate. apply andb_true_iff in Hv; destruct Hv as [Hw Hc].
  apply Nat.eqb_eq in Hw. subst w. apply Z.ltb_lt, IZR_lt in Hc. unfold pval in Hd. simpl in Hd. nra.
Qed.

Lemma head_positive_ok K v x : cone_at K x -> head_positive K v = true -> 0 <= x v.
Proof.
  intros (HB & _ & _ & Hs) H. unfold head_positive in H. apply orb_true_iff in H. destruct H as [H|H]; [apply Hs; exact H|].
  apply existsb_exists in H. destruct H as (T & Hi & H). exact (seen_positive_ok T v x (HB T Hi) H).
Qed.

(* c (t² − |u|²), t >= 0 *)
Definition lorentz (s : nat -> bool) (g : poly) : bool :=
  match filter (fun t => Z.ltb 0 (snd t)) g with
  | [([a; b], c)] => Nat.eqb a b && s a &&
      forallb (fun t => match fst t with [u; v] => Nat.eqb u v && Z.eqb (snd t) (- c) | _ => false end)
        (filter (fun t => negb (Z.ltb 0 (snd t))) g)
  | _ => false
  end.

Lemma sum_split {A} (f : A -> R) (k : A -> bool) l : sum f l = sum f (filter k l) + sum f (filter (fun a => negb (k a)) l).
Proof.
  induction l as [|a l IH]; [simpl; ring|]. cbn [filter]. change (sum f (a :: l)) with (f a + sum f l). rewrite IH.
  destruct (k a); cbn [negb]; change (sum f (a :: ?m)) with (f a + sum f m); ring.
Qed.

Lemma lorentz_val s g : lorentz s g = true -> exists a c us, s a = true /\ 0 < IZR c /\
  forall x, pval x g = IZR c * (x a * x a - sum (fun u => x u * x u) us).
Proof.
  unfold lorentz. intros H. destruct (filter (fun t => Z.ltb 0 (snd t)) g) as [|[[|a [|b [|? ?]]] c] [|? ?]] eqn:E; try discriminate.
  apply andb_true_iff in H; destruct H as [H Ht]. apply andb_true_iff in H; destruct H as [Hab Ha]. apply Nat.eqb_eq in Hab. subst b.
  rewrite forallb_forall in Ht.
  exists a, c, (map (fun t => hd 0%nat (fst t)) (filter (fun t => negb (Z.ltb 0 (snd t))) g)). split; [exact Ha|split].
  - assert (Hi : In ([a; a], c) (filter (fun t => Z.ltb 0 (snd t)) g)) by (rewrite E; left; reflexivity).
    apply filter_In in Hi. destruct Hi as [_ Hi]. apply Z.ltb_lt, IZR_lt in Hi. exact Hi.
  - intros x. unfold pval. rewrite (sum_split _ (fun t => Z.ltb 0 (snd t))), E. rewrite sum_map, Rmult_minus_distr_l, <- sum_scale.
    unfold Rminus. f_equal; [unfold sum; simpl; ring|].
    rewrite <- (Rmult_1_l (sum _ _)) at 1. rewrite <- (Ropp_involutive (1 * _)). f_equal. rewrite <- Ropp_mult_distr_l_reverse, <- sum_scale.
    apply sum_ext. intros [m d] Hi. specialize (Ht _ Hi). cbn [fst snd] in *.
    destruct m as [|u [|v [|? ?]]]; try discriminate. apply andb_true_iff in Ht. destruct Ht as [Hu Hd].
    apply Nat.eqb_eq in Hu. apply Z.eqb_eq in Hd. subst. rewrite opp_IZR. cbn [hd mval fold_right]. ring.
Qed.

Lemma cauchy (us : list nat) (x z : vector) t r : 0 <= t -> 0 <= r ->
  sum (fun u => x u * x u) us <= t * t -> sum (fun u => z u * z u) us <= r * r -> sum (fun u => x u * z u) us <= t * r.
Proof.
  intros Ht Hr HA HB. set (A := sum (fun u => x u * x u) us) in *. set (B := sum (fun u => z u * z u) us) in *.
  set (D := sum (fun u => x u * z u) us).
  assert (Q : forall a b, 0 <= a * a * A - 2 * a * b * D + b * b * B).
  { intros a b. replace (a * a * A - 2 * a * b * D + b * b * B) with (sum (fun u => (a * x u - b * z u) * (a * x u - b * z u)) us).
    - apply sum_nonneg; intros u _. apply Rle_0_sqr.
    - unfold A, B, D. rewrite <- !sum_scale, <- sum_minus, <- sum_plus. apply sum_ext; intros; ring. }
  destruct (Rle_or_lt D (t * r)) as [|HD]; [assumption|exfalso].
  assert (0 <= A) by (apply sum_nonneg; intros; apply Rle_0_sqr).
  assert (0 <= B) by (apply sum_nonneg; intros; apply Rle_0_sqr).
  destruct (Req_dec t 0) as [->|Hn].
  - assert (A = 0) by lra. specialize (Q ((B + 1) / (2 * D)) 1).
    replace (2 * ((B + 1) / (2 * D)) * 1 * D) with (B + 1) in Q by (field; nra). rewrite H1 in Q. lra.
  - destruct (Req_dec r 0) as [->|Hm].
    + assert (B = 0) by lra. specialize (Q 1 ((A + 1) / (2 * D))).
      replace (2 * 1 * ((A + 1) / (2 * D)) * D) with (A + 1) in Q by (field; nra). rewrite H1 in Q. lra.
    + specialize (Q r t). assert (0 < t * r) by (apply Rmult_lt_0_compat; lra).
      assert (r * r * A <= r * r * (t * t)) by (apply Rmult_le_compat_l; [nra|assumption]).
      assert (t * t * B <= t * t * (r * r)) by (apply Rmult_le_compat_l; [nra|assumption]).
      assert (t * r * (t * r) < t * r * D) by (apply Rmult_lt_compat_l; assumption). lra.
Qed.

Definition convex (K : cone) : bool :=
  forallb (forallb (forallb linear)) (tables K) && forallb (lorentz (head_positive K)) (forms K) && match zeros K with [] => true | _ => false end.

Lemma convex_along K x z s : convex K = true -> cone_at K x -> cone_at K z -> 0 <= s -> cone_at K (along x z s).
Proof.
  unfold convex. intros H HK HK' Hp. assert (A := HK). assert (A' := HK'). destruct HK as (HB & Hg & _ & Hs). destruct HK' as (HB' & Hg' & _ & Hs'). apply andb_true_iff in H; destruct H as [H HE].
  apply andb_true_iff in H; destruct H as [HT HL]. rewrite forallb_forall in HT, HL. split; [|split; [|split]].
  - intros B Hi. destruct (HB B Hi) as [ls Hl]. destruct (HB' B Hi) as [ms Hm].
    exists (ls ++ map (fun m i => sqrt s * m i) ms). intros i j. rewrite linear_along, Hl, Hm.
    + unfold gram_of. rewrite sum_app, sum_map, <- sum_scale. f_equal. apply sum_ext; intros m _.
      rewrite <- (sqrt_sqrt s Hp) at 1. ring.
    + specialize (HT B Hi). rewrite forallb_forall in HT. unfold look.
      destruct (nth_in_or_default i B []) as [Hr|Hr]; [|rewrite Hr; destruct j; reflexivity].
      specialize (HT _ Hr). rewrite forallb_forall in HT. destruct (nth_in_or_default j (nth i B []) []) as [Hj|Hj]; [apply HT; exact Hj|].
      rewrite Hj. reflexivity.
  - intros g Hi. destruct (lorentz_val _ _ (HL g Hi)) as (a & c & us & Ha & Hc & Hv).
    assert (H1 := Hg g Hi). assert (H2 := Hg' g Hi). rewrite Hv in *. assert (P1 := head_positive_ok K a x A Ha). assert (P2 := head_positive_ok K a z A' Ha).
    apply Rmult_le_pos; [lra|].
    assert (Q1 : sum (fun u => x u * x u) us <= x a * x a) by nra. assert (Q2 : sum (fun u => z u * z u) us <= z a * z a) by nra.
    assert (C := cauchy us x z _ _ P1 P2 Q1 Q2). unfold along.
    replace (sum (fun u => (x u + s * z u) * (x u + s * z u)) us) with
      (sum (fun u => x u * x u) us + 2 * s * sum (fun u => x u * z u) us + s * s * sum (fun u => z u * z u) us).
    + assert (s * sum (fun u => x u * z u) us <= s * (x a * z a)) by (apply Rmult_le_compat_l; assumption).
      assert (s * s * sum (fun u => z u * z u) us <= s * s * (z a * z a)) by (apply Rmult_le_compat_l; [nra|assumption]). lra.
    + rewrite <- !sum_scale, <- !sum_plus. apply sum_ext; intros; ring.
  - destruct (zeros K); [intros ? []|discriminate].
  - intros v Hv. unfold along. specialize (Hs v Hv). specialize (Hs' v Hv). nra.
Qed.

(* ---- the limit ---- *)

Lemma mval_continuous x z m : continuity (fun s => mval (along x z s) m).
Proof.
  induction m as [|v m IH]; [apply continuity_const; intros ? ?; reflexivity|].
  apply (continuity_mult (fun s => along x z s v) (fun s => mval (along x z s) m)); [|exact IH].
  unfold along. apply (continuity_plus (fun _ => x v) (fun s => s * z v)); [apply continuity_const; intros ? ?; reflexivity|].
  apply (continuity_mult (fun s => s) (fun _ => z v)); [|apply continuity_const; intros ? ?; reflexivity].
  apply derivable_continuous, derivable_id.
Qed.

Lemma pval_continuous x z f : continuity (fun s => pval (along x z s) f).
Proof.
  unfold pval. induction f as [|t f IH]; [apply continuity_const; intros ? ?; reflexivity|].
  apply (continuity_plus (fun s => IZR (snd t) * mval (along x z s) (fst t))
    (fun s => sum (fun t => IZR (snd t) * mval (along x z s) (fst t)) f)); [|exact IH].
  apply (continuity_mult (fun _ => IZR (snd t)) (fun s => mval (along x z s) (fst t))); [apply continuity_const; intros ? ?; reflexivity|].
  apply mval_continuous.
Qed.

Lemma mval_ext x y m : (forall v, x v = y v) -> mval x m = mval y m.
Proof. intros H. induction m as [|v m IH]; [reflexivity|]. cbn [mval fold_right]. fold (mval x m) (mval y m). rewrite IH, H. reflexivity. Qed.

Lemma limit_nonneg x z f : (forall s, 0 < s -> 0 <= pval (along x z s) f) -> 0 <= pval x f.
Proof.
  intros H. destruct (Rle_or_lt 0 (pval x f)) as [|Hn]; [assumption|exfalso].
  assert (E : pval (along x z 0) f = pval x f).
  { unfold pval. apply sum_ext; intros t _. f_equal. apply mval_ext. intros v. unfold along. ring. }
  destruct (pval_continuous x z f 0 (- pval x f) ltac:(lra)) as (d & Hd & Hc).
  specialize (Hc (d / 2)). simpl in Hc. unfold R_dist in Hc. rewrite E in Hc.
  assert (Hr : Rabs (pval (along x z (d / 2)) f - pval x f) < - pval x f).
  { apply Hc. split; [split; [exact I|lra]|]. rewrite Rminus_0_r, Rabs_pos_eq by lra. lra. }
  specialize (H (d / 2) ltac:(lra)). rewrite Rabs_pos_eq in Hr by lra. lra.
Qed.

(* ---- f >= 0 where e > 0 makes f >= 0 everywhere ---- *)

Inductive beyond :=
| AtZero (i : identity)                                         (* f >= 0 where e x_v = 0 for every v *)
| Inside (z : list Z) (Fs : list factorization).                (* e(z) > 0 *)
Record ends := { sign_of_unit : identity; where_zero : beyond }.

Definition with_zeros (K : cone) (e : poly) (d : nat) : cone :=
  {| tables := tables K; forms := forms K; zeros := zeros K ++ map (fun v => shift [v] e) (below d); signs := signs K |}.

Definition member (K : cone) (z : list Z) (Fs : list factorization) : bool :=
  Nat.eqb (length Fs) (length (tables K)) && forallb (fun t => table_at z (fst t) (snd t)) (combine (tables K) Fs) &&
  forallb (fun g => Z.leb 0 (value z g)) (forms K) &&
  forallb (fun v => negb (is_positive (signs K) v) || Z.leb 0 (nth v z 0%Z)) (below (length (signs K))).

Definition everywhere (K : cone) (d : nat) (e f : poly) (s : ends) : bool :=
  Nat.eqb (level (sign_of_unit s)) 0 && proves K 1 [] e (sign_of_unit s) &&
  match where_zero s with
  | AtZero i => Nat.eqb (level i) 0 && proves (with_zeros K e d) 2 [] f i
  | Inside z Fs => convex K && member K z Fs && linear e && Z.ltb 0 (value z e)
  end.

Lemma combine_has_left {A B} (l : list A) (m : list B) a : length m = length l -> In a l -> exists b, In (a, b) (combine l m).
Proof.
  revert m; induction l as [|c l IH]; intros [|b m] Hl Hi; simpl in *; try discriminate; [destruct Hi|].
  destruct Hi as [<-|Hi]; [exists b; left; reflexivity|]. destruct (IH m ltac:(lia) Hi) as (d & Hd). exists d. right; exact Hd.
Qed.

Lemma member_ok K z Fs : zeros K = [] -> member K z Fs = true -> cone_at K (at_point z).
Proof.
  unfold member. intros Hz H. apply andb_true_iff in H; destruct H as [H Hs]. apply andb_true_iff in H; destruct H as [H Hg].
  apply andb_true_iff in H; destruct H as [Hl HT]. apply Nat.eqb_eq in Hl. rewrite forallb_forall in Hs, Hg, HT.
  split; [|split; [|split]].
  - intros B Hi. destruct (combine_has_left _ Fs B Hl Hi) as (F & HF). apply (table_at_ok z B F), (HT (B, F) HF).
  - intros g Hi. rewrite <- value_ok. apply IZR_le, Z.leb_le, Hg, Hi.
  - rewrite Hz. intros E [].
  - intros v Hv. unfold at_point. destruct (Nat.lt_ge_cases v (length (signs K))) as [Hi|Hi].
    + specialize (Hs v (proj2 (in_below _ _) Hi)). rewrite Hv in Hs. cbn [negb orb] in Hs. apply IZR_le, Z.leb_le, Hs.
    + unfold is_positive in Hv. rewrite nth_overflow in Hv by exact Hi. discriminate.
Qed.

Lemma everywhere_ok K d e f s x : everywhere K d e f s = true -> (forall y, cone_at K y -> 0 < pval y e -> 0 <= pval y f) ->
  cone_at K x -> 0 <= pval x f.
Proof.
  unfold everywhere. intros H Hf HK. apply andb_true_iff in H; destruct H as [H Hw]. apply andb_true_iff in H; destruct H as [Hl He].
  apply Nat.eqb_eq in Hl.
  assert (Hp : forall y, cone_at K y -> 0 <= pval y e).
  { intros y Hy. generalize (proves_ok _ _ _ _ _ y Hy He). rewrite Hl. simpl pow. lra. }
  destruct (where_zero s) as [i|z Fs].
  - apply andb_true_iff in Hw; destruct Hw as [Hi Hz]. apply Nat.eqb_eq in Hi.
    destruct (Req_dec (pval x e) 0) as [E|E].
    + assert (HK' : cone_at (with_zeros K e d) x).
      { destruct HK as (HB & Hg & HE & Hs). split; [exact HB|split; [exact Hg|split; [|exact Hs]]].
        intros E' H'. cbn [zeros with_zeros] in H'. apply in_app_iff in H'. destruct H' as [H'|H']; [apply HE; exact H'|].
        apply in_map_iff in H'. destruct H' as (v & <- & _). rewrite shift_val, E. ring. }
      apply (proves_ok _ _ _ _ _ x HK') in Hz. rewrite Hi in Hz. simpl pow in Hz. lra.
    + apply Hf; [exact HK|]. specialize (Hp x HK). lra.
  - apply andb_true_iff in Hw; destruct Hw as [Hw Hv]. apply andb_true_iff in Hw; destruct Hw as [Hw Hlin].
    apply andb_true_iff in Hw; destruct Hw as [Hc Hm]. apply Z.ltb_lt, IZR_lt in Hv. rewrite value_ok in Hv.
    assert (Hz : zeros K = []) by (unfold convex in Hc; apply andb_true_iff in Hc; destruct Hc as [_ Hc]; destruct (zeros K); [reflexivity|discriminate]).
    assert (HZ := member_ok K z Fs Hz Hm). apply (limit_nonneg x (at_point z)). intros t Ht. apply Hf.
    + apply convex_along; [exact Hc|exact HK|exact HZ|lra].
    + rewrite linear_along by exact Hlin. specialize (Hp x HK). nra.
Qed.
