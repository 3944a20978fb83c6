(* What is left of an identity is nonnegative by its signs and by the inequality of means,
   d |z_v1 … z_vd| <= |z_v1|^d + … + |z_vd|^d. *)

Require Import List Reals Lra Lia ZArith Bool Psatz.
Require Import Spec Sums Polynomials.
Import ListNotations.
Open Scope R_scope.

Lemma young n a b : 0 <= a -> 0 <= b -> INR (S n) * (a ^ n * b) <= INR n * a ^ (S n) + b ^ (S n).
Proof.
  intros Ha Hb. induction n as [|n IH]; [simpl; lra|].
  rewrite (S_INR (S n)). rewrite (S_INR n) in *. simpl pow in *.
  assert (Hp : 0 <= a ^ n) by (apply pow_le; exact Ha).
  assert (H1 := Rmult_le_compat_l b _ _ Hb IH).
  assert (Hn : 0 <= INR n) by apply pos_INR.
  assert (H2 : 0 <= (INR n + 1) * a ^ n * ((a - b) * (a - b))).
  { apply Rmult_le_pos; [apply Rmult_le_pos; lra|]. apply Rle_0_sqr. }
  nra.
Qed.

Lemma sum_constant (q : R) (l : list nat) : sum (fun _ => q) l = INR (length l) * q.
Proof. induction l; cbn [length sum fold_right]; [simpl; ring|]. rewrite S_INR. unfold sum in IHl. rewrite IHl. ring. Qed.

Lemma means (z : vector) (m : mono) : m <> [] ->
  INR (length m) * mval (fun v => Rabs (z v)) m <= sum (fun v => Rabs (z v) ^ length m) m.
Proof.
  induction m as [|v m IH]; intros Hm; [contradiction|].
  destruct m as [|w m]; [simpl; lra|].
  set (k := w :: m) in *. set (n := length k) in *.
  assert (IH' := IH ltac:(discriminate)). clear IH.
  change (INR (S n) * (Rabs (z v) * mval (fun v => Rabs (z v)) k) <=
    Rabs (z v) ^ S n + sum (fun u => Rabs (z u) ^ S n) k).
  set (b := Rabs (z v)) in *. assert (Hb : 0 <= b) by apply Rabs_pos.
  set (P := mval (fun v => Rabs (z v)) k) in *.
  assert (Hn : 0 < INR n) by (apply lt_0_INR; unfold n; simpl; lia).
  (* n b P <= Σ b |z_u|^n <= Σ (n |z_u|^(n+1) + b^(n+1)) / (n+1) *)
  assert (Hs : INR (S n) * sum (fun u => Rabs (z u) ^ n * b) k <= sum (fun u => INR n * Rabs (z u) ^ S n + b ^ S n) k).
  { rewrite <- sum_scale. apply sum_le; intros u _. apply young; [apply Rabs_pos|exact Hb]. }
  rewrite sum_plus, sum_scale, sum_scale_r in Hs.
  assert (Hc : sum (fun _ => b ^ S n) k = INR n * b ^ S n).
  { apply sum_constant. }
  rewrite Hc in Hs.
  assert (Hb2 := Rmult_le_compat_l (b * INR (S n)) _ _ ltac:(apply Rmult_le_pos; [exact Hb|apply pos_INR]) IH').
  apply (Rmult_le_reg_l (INR n)); [exact Hn|].
  replace (INR n * (INR (S n) * (b * P))) with (b * INR (S n) * (INR n * P)) by ring.
  eapply Rle_trans; [exact Hb2|].
  replace (b * INR (S n) * sum (fun v => Rabs (z v) ^ n) k) with (INR (S n) * (sum (fun v => Rabs (z v) ^ n) k * b)) by ring.
  eapply Rle_trans; [exact Hs|]. lra.
Qed.

Lemma mval_abs z m : mval (fun v => Rabs (z v)) m = Rabs (mval z m).
Proof. induction m; simpl; [rewrite Rabs_R1; reflexivity|]. rewrite IHm, Rabs_mult. reflexivity. Qed.

(* ---- signs ---- *)

Section Absorbing.

Variable positive : list bool.                     (* variables with x_v >= 0 *)
Variable scales : list Z.                          (* x_v = s_v z_v; 1 where the list is too short *)
Variable degree : nat.

Definition is_positive (v : nat) : bool := nth v positive false.
Definition scale_of (v : nat) : Z := nth v scales 1%Z.

(* odd powers of positive variables only: the monomial (sorted) is nonnegative *)
Fixpoint known (m : mono) : bool :=
  match m with
  | [] => true
  | v :: m' =>
      match m' with
      | w :: m'' => if Nat.eqb v w then known m'' else is_positive v && known m'
      | [] => is_positive v
      end
  end.

Definition pure (m : mono) : bool := match m with [] => false | v :: m' => forallb (Nat.eqb v) m' end.

Definition scale_mono (m : mono) : Z := fold_right (fun v s => (scale_of v * s)%Z) 1%Z m.

Definition spend (e : mono * Z) (t : tree) : tree :=
  let (m, c) := e in
  if known m && Z.leb 0 c then
    match m with
    | v :: _ => if pure m then add [v] (Z.of_nat degree * (c * scale_mono m)) t else t
    | [] => t
    end
  else fold_left (fun t v => add [v] (- (Z.abs c * scale_mono m)) t) m t.

Definition absorbed (p : poly) : bool :=
  forallb (fun s => Z.ltb 0 s) scales && negb (Nat.eqb degree 0) &&
  forallb (fun e => Nat.eqb (length (fst e)) degree) p &&
  forallb (fun e => Z.leb 0 (snd e)) (elements (fold_left (fun t e => spend e t) p Leaf)).

Variable x : vector.
Hypothesis positive_ok : forall v, is_positive v = true -> 0 <= x v.

Lemma known_ok : forall n m, (length m <= n)%nat -> known m = true -> 0 <= mval x m.
Proof.
  induction n as [|n IH]; intros m Hl H; [destruct m; [simpl; lra|simpl in Hl; lia]|].
  destruct m as [|v [|w m]]; simpl in *.
  - lra.
  - generalize (positive_ok v H); lra.
  - destruct (Nat.eqb_spec v w) as [->|_].
    + generalize (IH m ltac:(lia) H). intros. rewrite <- Rmult_assoc. apply Rmult_le_pos; [apply Rle_0_sqr|assumption].
    + apply andb_true_iff in H; destruct H as [H1 H2]. generalize (IH (w :: m) ltac:(simpl; lia) H2).
      generalize (positive_ok v H1). intros. apply Rmult_le_pos; assumption.
Qed.

Definition z (v : nat) : R := x v / IZR (scale_of v).
Definition worth (m : mono) : R := match m with [v] => Rabs (z v) ^ degree | _ => 0 end.

Lemma worth_nonneg m : 0 <= worth m.
Proof. destruct m as [|v [|]]; simpl; try lra. apply pow_le, Rabs_pos. Qed.

Hypothesis scales_ok : forall v, 0 < IZR (scale_of v).

Lemma scale_mono_ok m : mval x m = IZR (scale_mono m) * mval z m.
Proof.
  induction m as [|v m IH]; simpl; [ring|]. rewrite IH, mult_IZR. unfold z at 2. field.
  generalize (scales_ok v); lra.
Qed.

Lemma scale_mono_nonneg m : 0 <= IZR (scale_mono m).
Proof. induction m as [|v m IH]; simpl; [lra|]. rewrite mult_IZR. generalize (scales_ok v). intros. apply Rmult_le_pos; lra. Qed.

Lemma pure_ok v m : forallb (Nat.eqb v) m = true -> mval z m = z v ^ length m.
Proof.
  induction m as [|w m IH]; simpl; intros H; [reflexivity|].
  apply andb_true_iff in H; destruct H as [H1 H2]. apply Nat.eqb_eq in H1; subst. rewrite IH by exact H2. reflexivity.
Qed.

Lemma spend_ok e t : length (fst e) = degree -> (0 < degree)%nat ->
  tval worth (spend e t) <= tval worth t + INR degree * (IZR (snd e) * mval x (fst e)).
Proof.
  destruct e as [m c]; simpl. intros Hd Hpos. unfold spend.
  destruct (known m && Z.leb 0 c) eqn:E.
  - apply andb_true_iff in E; destruct E as [Hk Hc]. apply Z.leb_le in Hc. apply IZR_le in Hc.
    assert (Hm := known_ok (length m) m ltac:(lia) Hk).
    assert (Hr : 0 <= INR degree * (IZR c * mval x m)).
    { apply Rmult_le_pos; [apply pos_INR|]. apply Rmult_le_pos; assumption. }
    destruct m as [|v m]; [simpl in *; lra|].
    destruct (pure (v :: m)) eqn:Ep; [|lra].
    rewrite tval_add. unfold pure in Ep.
    assert (Hz : mval z (v :: m) = z v ^ degree) by (rewrite <- Hd; simpl; rewrite (pure_ok v m Ep); reflexivity).
    rewrite scale_mono_ok, Hz in *. rewrite !mult_IZR, <- INR_IZR_INZ.
    change (worth [v]) with (Rabs (z v) ^ degree). rewrite RPow_abs.
    destruct (Req_dec (IZR (scale_mono (v :: m))) 0) as [E0|E0].
    + rewrite E0. lra.
    + assert (0 <= z v ^ degree).
      { assert (0 < IZR (scale_mono (v :: m))) by (generalize (scale_mono_nonneg (v :: m)); lra).
        apply (Rmult_le_reg_l (IZR (scale_mono (v :: m)))); [assumption|]. lra. }
      rewrite Rabs_pos_eq by assumption. apply Req_le. ring.
  - clear E.
    assert (H : forall l t, tval worth (fold_left (fun t v => add [v] (- (Z.abs c * scale_mono m))%Z t) l t) =
      tval worth t - IZR (Z.abs c * scale_mono m) * sum (fun v => Rabs (z v) ^ degree) l).
    { induction l as [|v l IH]; intros s; simpl; [ring|]. rewrite IH, tval_add, opp_IZR. simpl. ring. }
    rewrite H, mult_IZR, abs_IZR.
    assert (Hm : INR degree * Rabs (mval z m) <= sum (fun v => Rabs (z v) ^ degree) m).
    { rewrite <- mval_abs, <- Hd. apply means. intros ->. simpl in Hd. lia. }
    assert (Hs := scale_mono_nonneg m).
    assert (Ha : Rabs (IZR c * mval x m) = Rabs (IZR c) * IZR (scale_mono m) * Rabs (mval z m)).
    { rewrite scale_mono_ok, !Rabs_mult, (Rabs_pos_eq (IZR (scale_mono m))) by exact Hs. ring. }
    assert (Hl : - Rabs (IZR c * mval x m) <= IZR c * mval x m).
    { generalize (Rle_abs (- (IZR c * mval x m))). rewrite Rabs_Ropp. lra. }
    assert (Hi := pos_INR degree).
    assert (Hq : 0 <= Rabs (IZR c) * IZR (scale_mono m)) by (apply Rmult_le_pos; [apply Rabs_pos|exact Hs]).
    assert (H1 := Rmult_le_compat_l _ _ _ Hq Hm).
    assert (H2 := Rmult_le_compat_l _ _ _ Hi Hl). rewrite Ha in H2. lra.
Qed.

Lemma absorbed_val p : absorbed p = true -> 0 <= pval x p.
Proof.
  unfold absorbed. intros H. repeat (apply andb_true_iff in H; destruct H as [H ?]).
  rewrite forallb_forall in H1, H0.
  assert (Hpos : (0 < degree)%nat) by (destruct degree; [discriminate|lia]).
  assert (Hb : forall l t, (forall e, In e l -> length (fst e) = degree) ->
    tval worth (fold_left (fun t e => spend e t) l t) <= tval worth t + INR degree * pval x l).
  { induction l as [|e l IH]; intros t Hd; cbn [fold_left]; [unfold pval; simpl; lra|].
    eapply Rle_trans; [apply IH; intros; apply Hd; right; assumption|].
    generalize (spend_ok e t (Hd e (or_introl eq_refl)) Hpos). rewrite pval_cons. intros HH. eapply Rle_trans; [apply Rplus_le_compat_r; exact HH|]. rewrite Rmult_plus_distr_l, Rplus_assoc. apply Rle_refl. }
  assert (Hp : 0 <= INR degree * pval x p).
  { eapply Rle_trans; [|eapply Rle_trans; [apply (Hb p Leaf)|]].
    - rewrite <- elements_sum. apply sum_nonneg; intros e He. specialize (H0 e He). apply Z.leb_le in H0.
      apply IZR_le in H0. apply Rmult_le_pos; [exact H0|apply worth_nonneg].
    - intros e He. apply Nat.eqb_eq, H1, He.
    - simpl. lra. }
  apply (Rmult_le_reg_l (INR degree)); [apply lt_0_INR; exact Hpos|]. lra.
Qed.

End Absorbing.

Lemma scales_positive scales v : forallb (fun s => Z.ltb 0 s) scales = true -> 0 < IZR (scale_of scales v).
Proof.
  intros H. rewrite forallb_forall in H. unfold scale_of.
  destruct (nth_in_or_default v scales 1%Z) as [Hi|Hd].
  - apply H, Z.ltb_lt, IZR_lt in Hi. exact Hi.
  - rewrite Hd. lra.
Qed.

Theorem absorbed_ok positive scales degree x p :
  (forall v, is_positive positive v = true -> 0 <= x v) -> absorbed positive scales degree p = true -> 0 <= pval x p.
Proof.
  intros Hp H. apply (absorbed_val positive scales degree x Hp); [|exact H].
  intros v. apply scales_positive. unfold absorbed in H.
  repeat (apply andb_true_iff in H; destruct H as [H ?]). exact H.
Qed.
