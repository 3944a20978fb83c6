(* A cone on a linear space: where c x_v = r_v(x) for some variables v, every form is rewritten without them,
   p(c x) = c^k p(x) at the points of the space. *)

Require Import List Reals Lra Lia ZArith Bool Psatz.
Require Import Spec Sums Kernels Polynomials Means Identity Everywhere.
Import ListNotations.
Open Scope R_scope.

Notation linear_form := (list (nat * Z)).
Definition at_linear_form (a : linear_form) (x : vector) : R := sum (fun t => IZR (snd t) * x (fst t)) a.
Definition linear_poly (a : linear_form) (s : Z) : poly := map (fun t => ([fst t], (s * snd t)%Z)) a.

Lemma linear_poly_val x a s : pval x (linear_poly a s) = IZR s * at_linear_form a x.
Proof.
  unfold pval, linear_poly, at_linear_form. rewrite sum_map, <- sum_scale. apply sum_ext; intros t _. cbn [fst snd]. rewrite mult_IZR. simpl. ring.
Qed.

(* Σ c p *)
Definition combination (l : list (Z * poly)) : tree := fold_left (fun t e => add_poly (fst e) (snd e) t) l Leaf.
Definition adds_up (l : list (Z * poly)) : bool := match elements (combination l) with [] => true | _ => false end.

Lemma combination_val x l : tval (mval x) (combination l) = sum (fun e => IZR (fst e) * pval x (snd e)) l.
Proof.
  unfold combination. assert (H : forall l t, tval (mval x) (fold_left (fun t e => add_poly (fst e) (snd e) t) l t) =
    tval (mval x) t + sum (fun e => IZR (fst e) * pval x (snd e)) l).
  { clear. induction l as [|e l IH]; intros t; cbn [fold_left]; [simpl; ring|]. rewrite IH, add_poly_val.
    change (sum ?g (e :: l)) with (g e + sum g l). cbv beta. ring. }
  rewrite H. simpl. ring.
Qed.

Lemma adds_up_ok x l : adds_up l = true -> sum (fun e => IZR (fst e) * pval x (snd e)) l = 0.
Proof.
  unfold adds_up. intros H. rewrite <- combination_val, <- elements_sum. destruct (elements (combination l)); [reflexivity|discriminate].
Qed.

(* c x_v = r(x), because k (c x_v − r) = Σ λ_j l_j for forms l_j that vanish *)
Record face := { divisor : Z; solved : list (nat * linear_form); reasons : list (Z * list Z) }.

Definition reason (s : face) (zs : list linear_form) (t : nat * linear_form) (r : Z * list Z) : bool :=
  negb (Z.eqb (fst r) 0) &&
  adds_up (((fst r * divisor s)%Z, [([fst t], 1%Z)]) :: ((- fst r)%Z, linear_poly (snd t) 1) ::
    map (fun q => ((- fst q)%Z, linear_poly (snd q) 1)) (combine (snd r) zs)).
Definition face_ok (s : face) (zs : list linear_form) : bool :=
  Z.ltb 0 (divisor s) && Nat.eqb (length (reasons s)) (length (solved s)) &&
  forallb (fun q => reason s zs (fst q) (snd q)) (combine (solved s) (reasons s)).

Definition on (s : face) (x : vector) : Prop := forall v r, In (v, r) (solved s) -> IZR (divisor s) * x v = at_linear_form r x.

Lemma face_ok_on s zs x : face_ok s zs = true -> (forall l, In l zs -> at_linear_form l x = 0) -> on s x.
Proof.
  unfold face_ok. intros H Hz v r Hi. apply andb_true_iff in H; destruct H as [H Hr]. apply andb_true_iff in H; destruct H as [_ Hl].
  apply Nat.eqb_eq in Hl. rewrite forallb_forall in Hr. destruct (combine_has_left _ (reasons s) (v, r) Hl Hi) as ([k la] & Hk).
  specialize (Hr _ Hk). unfold reason in Hr. cbn [fst snd] in Hr. apply andb_true_iff in Hr; destruct Hr as [Hn Hr].
  apply negb_true_iff, Z.eqb_neq in Hn. apply (adds_up_ok x) in Hr.
  change (sum ?g (?a :: ?b :: ?l)) with (g a + (g b + sum g l)) in Hr. cbv beta in Hr. cbn [fst snd] in Hr.
  rewrite sum_map in Hr. rewrite (sum_zero _ (combine la zs)) in Hr.
  - rewrite linear_poly_val, mult_IZR, opp_IZR in Hr. unfold pval in Hr. simpl in Hr.
    apply (Rmult_eq_reg_l (IZR k)); [|apply not_0_IZR; exact Hn]. lra.
  - intros [c l] Hc. cbn [fst snd]. rewrite linear_poly_val, (Hz l) by exact (in_combine_r _ _ _ _ Hc). ring.
Qed.

Definition replaced (s : face) (v : nat) : poly :=
  match find (fun t => Nat.eqb (fst t) v) (solved s) with Some t => linear_poly (snd t) 1 | None => [([v], divisor s)] end.
Fixpoint on_mono (s : face) (m : mono) : poly := match m with [] => one | v :: m' => mul (replaced s v) (on_mono s m') end.
Definition on_poly (s : face) (p : poly) : poly :=
  elements (fold_left (fun t e => add_poly (snd e) (on_mono s (fst e)) t) p Leaf).
Definition homogeneous (k : nat) (p : poly) : bool := forallb (fun t => Nat.eqb (length (fst t)) k) p.
Definition degree_of (p : poly) : nat := match p with [] => 0%nat | t :: _ => length (fst t) end.

Lemma replaced_val s x v : on s x -> pval x (replaced s v) = IZR (divisor s) * x v.
Proof.
  intros H. unfold replaced. destruct (find _ (solved s)) as [[w r]|] eqn:E.
  - apply find_some in E. destruct E as [Hi E]. cbn [fst] in E. apply Nat.eqb_eq in E. subst w.
    rewrite linear_poly_val, (H v r Hi). cbn [snd]. ring.
  - unfold pval. simpl. ring.
Qed.

Lemma on_mono_val s x m : on s x -> pval x (on_mono s m) = IZR (divisor s) ^ length m * mval x m.
Proof.
  intros H. induction m as [|v m IH]; [unfold pval; simpl; ring|]. cbn [on_mono length pow mval fold_right]. fold (mval x m).
  rewrite mul_val, replaced_val, IH by exact H. ring.
Qed.

Lemma on_poly_val s x k p : on s x -> homogeneous k p = true -> pval x (on_poly s p) = IZR (divisor s) ^ k * pval x p.
Proof.
  intros H Hk. unfold on_poly. unfold pval at 1. rewrite elements_sum. unfold homogeneous in Hk. rewrite forallb_forall in Hk.
  assert (G : forall l t, (forall e, In e l -> Nat.eqb (length (fst e)) k = true) ->
    tval (mval x) (fold_left (fun t e => add_poly (snd e) (on_mono s (fst e)) t) l t) = tval (mval x) t + IZR (divisor s) ^ k * pval x l).
  { induction l as [|e l IH]; intros t Hl; cbn [fold_left]; [unfold pval; simpl; ring|].
    rewrite IH by (intros; apply Hl; right; assumption). rewrite add_poly_val, on_mono_val by exact H.
    specialize (Hl e (or_introl eq_refl)). apply Nat.eqb_eq in Hl. rewrite Hl, pval_cons. ring. }
  rewrite G by exact Hk. simpl. ring.
Qed.

Definition on_face (s : face) (K : cone) : cone :=
  let T := map (map (map (on_poly s))) (tables K) in
  {| tables := T; forms := map (on_poly s) (forms K); zeros := map (on_poly s) (zeros K);
     signs := map (fun v => is_positive (signs K) v || existsb (fun B => seen_positive B v) T) (below (length (signs K))) |}.
Definition homogeneous_cone (K : cone) : bool :=
  forallb (forallb (forallb (homogeneous 1))) (tables K) && forallb (fun p => homogeneous (degree_of p) p) (forms K ++ zeros K).

Lemma on_face_at s K x : (0 < divisor s)%Z -> on s x -> homogeneous_cone K = true -> cone_at K x -> cone_at (on_face s K) x.
Proof.
  unfold homogeneous_cone. intros Hp Hon H (HB & Hg & HE & Hs). apply andb_true_iff in H; destruct H as [HT HF].
  rewrite forallb_forall in HT, HF. apply IZR_lt in Hp.
  assert (Hc : forall k, 0 < IZR (divisor s) ^ k) by (intros; apply pow_lt; exact Hp).
  assert (HB' : forall B, In B (map (map (map (on_poly s))) (tables K)) -> block_ok x B).
  { intros B Hi. apply in_map_iff in Hi. destruct Hi as (B0 & <- & Hi). destruct (HB B0 Hi) as [ls Hl].
    exists (map (fun l i => sqrt (IZR (divisor s)) * l i) ls). intros i j. unfold gram_of. rewrite sum_map.
    assert (E : look (map (map (on_poly s)) B0) i j = on_poly s (look B0 i j)).
    { unfold look. change (@nil poly) with (map (on_poly s) []) at 1. rewrite map_nth. change (@nil (list nat * Z)) with (on_poly s []) at 1.
      rewrite map_nth. reflexivity. }
    assert (Hh : homogeneous 1 (look B0 i j) = true).
    { specialize (HT B0 Hi). rewrite forallb_forall in HT. unfold look.
      destruct (nth_in_or_default i B0 []) as [Hr|Hr]; [|rewrite Hr; destruct j; reflexivity].
      specialize (HT _ Hr). rewrite forallb_forall in HT.
      destruct (nth_in_or_default j (nth i B0 []) []) as [Hj|Hj]; [apply HT; exact Hj|rewrite Hj; reflexivity]. }
    rewrite E, (on_poly_val s x 1 _ Hon Hh).
    rewrite Hl. unfold gram_of. rewrite pow_1, <- sum_scale. apply sum_ext; intros l _. rewrite <- (sqrt_sqrt (IZR (divisor s))) at 1 by lra. ring. }
  assert (HP : forall p, In p (forms K ++ zeros K) -> pval x (on_poly s p) = IZR (divisor s) ^ degree_of p * pval x p).
  { intros p Hi. apply on_poly_val; [exact Hon|apply HF; exact Hi]. }
  split; [exact HB'|split; [|split]]; cbn [forms zeros signs on_face].
  - intros g Hi. apply in_map_iff in Hi. destruct Hi as (g0 & <- & Hi). rewrite HP by (apply in_app_iff; left; exact Hi).
    apply Rmult_le_pos; [apply Rlt_le, Hc|apply Hg; exact Hi].
  - intros E Hi. apply in_map_iff in Hi. destruct Hi as (E0 & <- & Hi). rewrite HP by (apply in_app_iff; right; exact Hi).
    rewrite (HE E0 Hi). ring.
  - intros v Hv. unfold is_positive in Hv. destruct (Nat.lt_ge_cases v (length (signs K))) as [Hi|Hi].
    + assert (Hn : forall f, nth v (map f (below (length (signs K)))) false = f v).
      { intros f. rewrite (nth_indep _ false (f 0%nat)) by (rewrite map_length; unfold below; rewrite seq_length; exact Hi).
        rewrite map_nth. unfold below. rewrite seq_nth by exact Hi. reflexivity. }
      rewrite Hn in Hv. apply orb_true_iff in Hv. destruct Hv as [Hv|Hv]; [apply Hs; exact Hv|].
      apply existsb_exists in Hv. destruct Hv as (B & HiB & Hv). exact (seen_positive_ok B v x (HB' B HiB) Hv).
    + rewrite nth_overflow in Hv by (rewrite map_length; unfold below; rewrite seq_length; exact Hi). discriminate.
Qed.
