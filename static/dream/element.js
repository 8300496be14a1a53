var x=`.dream {
  container-type: inline-size;
  color: var(--st-text-color);
  font: 400 0.875rem var(--st-font);
}
.columns {
  display: grid;
  grid-template-columns: minmax(0, 1fr) auto;
  gap: 2rem;
  align-items: start;
}
label {
  display: grid;
  grid-template-columns: 1fr auto;
  margin-bottom: 0.6rem;
}
label input {
  grid-column: 1 / -1;
}
input {
  width: 100%;
  height: 1.5rem;
  margin: 0;
  accent-color: var(--st-primary-color);
  cursor: pointer;
}
.place,
small {
  font-variant-numeric: tabular-nums;
  opacity: 0.75;
}
summary {
  cursor: pointer;
  margin: 0.25rem 0 0.75rem;
}
.numbers {
  display: grid;
  grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr));
  gap: 0 1rem;
  max-height: 22rem;
  overflow-y: auto;
  padding-right: 0.5rem;
}
canvas {
  display: block;
  width: 308px;
  /* Pixels at a whole-number scale, as large as the place allows. */
  width: calc(round(down, min(448px, 100cqw), 1px * var(--pixels)));
  image-rendering: pixelated;
}
small {
  display: block;
  min-height: 1.5em;
  margin-top: 0.25rem;
}
@container (max-width: 719px) {
  .columns {
    grid-template-columns: minmax(0, 1fr);
    gap: 0.75rem;
  }
  /* First, and in sight while one drags. */
  .picture {
    order: -1;
    position: sticky;
    top: 3.5rem;
    z-index: 1;
    background: var(--st-background-color);
  }
}
`;function f(s){let e=Uint8Array.from(atob(s.replaceAll("-","+").replaceAll("_","/")),t=>t.charCodeAt(0));return Float32Array.from(new Int16Array(e.buffer),t=>t/4096)}function g(s){let e=new Uint8Array(Int16Array.from(s,r=>Math.round(r*4096)).buffer);return btoa(String.fromCharCode(...e)).replaceAll("+","-").replaceAll("/","_").replaceAll("=","")}function p(s){return Float32Array.from(s,e=>{let t=Math.round(e*4096);return Math.min(Math.max(t,-32768),32767)/4096})}function u(s,e){return s.reduce((t,r,i)=>t+r*e[i],0)}function A(s,e,t){let r=t-u(s,e);return p(s.map((i,n)=>i+r*e[n]))}function S(s,e,t){return p(s.with(e,t))}function E(s,e,t){let r=[Math.sqrt(u(s,s)),Math.sqrt(u(e,e))],i=u(s,e)/(r[0]*r[1]),n=Math.acos(Math.min(Math.max(i,-1),1));if(!(Math.sin(n)>1e-6))return p(s.map((l,h)=>(1-t)*l+t*e[h]));let o=(1-t)*r[0]+t*r[1],c=[Math.sin((1-t)*n),Math.sin(t*n)].map(l=>l/Math.sin(n));return p(s.map((l,h)=>o*(c[0]*l/r[0]+c[1]*e[h]/r[1])))}var P=120,M=500,T=3,w=new WeakMap;function N(s){let{parentElement:e}=s;return w.has(e)||w.set(e,new y(s)),w.get(e).update(s),()=>{w.get(e)?.close(),w.delete(e)}}var y=class{constructor({parentElement:e,data:t}){this.root=a(e,"div",{className:"dream"}),a(this.root,"style",{textContent:x});let r=a(this.root,"div",{className:"columns"});this.controls=a(r,"div");let i=a(r,"div",{className:"picture"}),[n,o]=t.shape;this.canvas=a(i,"canvas",{width:o,height:n,role:"img",ariaLabel:t.label}),this.canvas.style.setProperty("--pixels",o),this.note=a(i,"small",{textContent:"The generator is on its way to your browser."}),this.sliders=[],this.releases=0,this.addDirections(t),this.addMorph(),this.addNumbers(t.latent),this.start(t)}update({data:e,setStateValue:t}){this.setStateValue=t,this.showPins(e.pins),e.turn!==this.turn&&(this.turn=e.turn,this.base=void 0,clearTimeout(this.report),this.show(f(e.latent)),this.showPlaces(this.sliders)),!this.ready&&e.latent===g(this.vector)&&this.paintFile(e.picture),this.broken&&this.setStateValue("failed",this.broken)}close(){clearTimeout(this.report),this.worker?.terminate(),this.root.remove()}addDirections({directions:e}){for(let{title:t,vector:r,reach:i}of e){let n=C(r);this.addSlider(this.controls,t,{reach:i,place:o=>u(o,n),moved:(o,c)=>A(o,n,c)})}}addMorph(){this.morph=this.addSlider(this.controls,"From A to B, once both are pinned",{start:0,reach:1,place:()=>{},moved:(e,t)=>E(...this.pins,t)}).input}addNumbers(e){let t=f(e).length,r=a(this.controls,"details");a(r,"summary",{textContent:`The ${t} numbers that the picture is made of`});let i=a(r,"div",{className:"numbers"}),n=()=>{let o=Array.from({length:t},(c,l)=>this.addSlider(i,`${l+1}`,{reach:T,place:h=>h[l],moved:(h,d)=>S(h,l,d)}));this.showPlaces(o)};r.addEventListener("toggle",n,{once:!0})}addSlider(e,t,{start:r,reach:i,place:n,moved:o}){let c=a(e,"label");a(c,"span",{textContent:t});let l=a(c,"span",{className:"place",ariaHidden:!0}),h={type:"range",min:r??-i,max:i,step:.01,ariaLabel:t},d=a(c,"input",h),m={input:d,output:l,place:n};return d.value=r??0,d.addEventListener("input",()=>{this.base??=this.vector,this.show(o(this.base,d.valueAsNumber)),v(m),this.showPlaces(this.sliders.filter(b=>b!==m&&!b.isNumber))}),d.addEventListener("change",()=>{this.base=void 0,this.showPlaces(this.sliders.filter(b=>b!==m)),clearTimeout(this.report),this.report=setTimeout(()=>this.release(),P)}),m.isNumber=e.className==="numbers",v(m),this.sliders.push(m),m}showPlaces(e){for(let t of e){let r=t.place(this.vector);r!==void 0&&(t.input.value=r,v(t))}}showPins(e){this.pins=e.map(f),this.morph.disabled=e.length<2}release(){this.releases+=1,this.setStateValue("release",{latent:g(this.vector),turn:this.turn,count:this.releases})}start({generator:e,latent:t}){if(this.vector=f(t),typeof WebAssembly>"u"){this.broken="this browser does not run WebAssembly";return}let r=new URL("app/static/",document.baseURI);this.worker=new Worker(new URL("dream/worker-abce71b2.js",r),{type:"module"}),this.worker.onerror=()=>this.fail("the browser's worker did not start"),this.worker.onmessage=({data:i})=>this.hear(i),this.worker.postMessage({wasm:new URL("dream/runtime-3398c10d.wasm.gz",r).href,generator:new URL(e,r).href,latentDim:this.vector.length})}show(e){this.vector=p(e),this.draw()}draw(){this.ready&&this.worker.postMessage({vector:this.vector})}hear({failed:e,ready:t,pixels:r,width:i,height:n,milliseconds:o}){if(e)return this.fail(e);if(t)return this.ready=!0,this.draw();this.canvas.getContext("2d").putImageData(new ImageData(r,i,n),0,0),this.tellSpeed(o)}tellSpeed(e){let t=performance.now();t-(this.told??-M)<M||(this.told=t,this.note.textContent=`Drawn by your browser in ${e.toFixed(1)} ms.`)}fail(e){this.broken=e,this.worker?.terminate(),this.setStateValue("failed",e)}async paintFile(e){let t=new Image;t.src=e,await t.decode(),this.ready||this.canvas.getContext("2d").drawImage(t,0,0)}};function v({input:s,output:e}){let t=s.valueAsNumber;e.textContent=`${t>0?"+":t<0?"\u2212":""}${Math.abs(t).toFixed(2)}`}function a(s,e,t={}){let r=Object.assign(document.createElement(e),t);return s.append(r),r}function C(s){return new Float32Array(Uint8Array.from(atob(s),e=>e.charCodeAt(0)).buffer)}export{N as default};
